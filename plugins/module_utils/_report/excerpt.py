# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Short forms of what a run holds, the same in every format: data, requests, moments."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import (
    CheckResult,
    ControlResult,
    InventorySummary,
    Observation,
    Run,
    SubjectResult,
)
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import ControlKind, Verdict

JSON = Any

LIMIT = 2000
"""Characters of an observation that a page shows at most; the whole of it is in the run directory."""


def compact(value: JSON) -> str:
    """A JSON value on one line; a plain text as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def block(value: JSON, *, limit: int = LIMIT) -> str:
    """A JSON value for a code block, cut after ``limit`` characters with a word on how much is missing."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1)
    return text if len(text) <= limit else f"{text[:limit]}\n… and {len(text) - limit} characters more, in the run directory"


def request(observation: Observation) -> str:
    """The call that an observation answers, e.g. ``get /version``; what a check put together from several was noted by it."""
    return f"{observation.request.verb} {observation.request.path}" if observation.request else "noted"


def after(observation: Observation, check: CheckResult) -> str:
    """Seconds from the start of the check to the observation, e.g. ``+0.75 s``; the time as written where that cannot be told."""
    try:
        passed = (datetime.fromisoformat(observation.at) - datetime.fromisoformat(check.started)).total_seconds()
    except (ValueError, TypeError):
        return observation.at
    return f"+{passed:.2f} s"


def short_digest(digest: str) -> str:
    """The first twelve hexadecimal digits of a digest: enough to find it, not to verify it."""
    return digest.removeprefix("sha256:")[:12]


NOT_FLIPPED = "not flipped"


def control_state(control: ControlResult) -> str:
    """Whether the control did its work, in two words at most."""
    if control.flipped:
        return "flipped"
    return "not tried" if control.verdict is Verdict.NOT_RUN else NOT_FLIPPED


def control_heading(control: ControlResult) -> str:
    """What a control's sentence stands for: nothing was seen where facts were written down."""
    return "Seen where it was broken on purpose" if control.kind is ControlKind.LIVE else "Said of a broken one on record"


def subject_outcome(subject: SubjectResult) -> str:
    """What the subject's verdict means, in words."""
    words = {Verdict.PASS: "as it must be", Verdict.FAIL: "not what a conformant platform serves", Verdict.ERROR: "the check broke"}
    return words.get(subject.verdict, "not decided")


def control_outcome(control: ControlResult) -> str:
    """Whether the control did its work, in words."""
    if control.flipped:
        return "failed for the reason it was made for"
    if control.verdict is Verdict.NOT_RUN:
        return "was not tried"
    return f"did not flip: expected a failure for the reason {control.expected_reason}, so the check proves nothing"


def uncompared(inventory: InventorySummary) -> Iterator[str]:
    """The kinds of which nobody can say whether the run left something, each with why."""
    for kind in inventory.uncompared:
        reasons = [f"{when}: {why}" for when, why in (("before", kind.before), ("after", kind.after)) if why]
        yield f"Not compared: {kind.kind} ({'; '.join(reasons)})."


def replay_commands(run: Run) -> tuple[str, str]:
    """The two shell commands that judge a run again: the manifest first, then the evaluators."""
    folder = shlex.quote(f"runs/{run.run_id}")
    return (
        f"(cd {folder} && sha256sum --check --quiet manifest.sha256)",
        f"ansible localhost -m ailab.conformance.conformance_replay -a run_dir={folder}",
    )
