# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Short forms of what a run holds, the same in every format: data, requests, moments."""

from __future__ import annotations

import json
import shlex
from datetime import datetime
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import CheckResult, ControlResult, Observation, Run
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import ControlKind

JSON = Any

LIMIT = 2000
"""Characters of an observation that a page shows; the whole of it is in the run directory."""


def compact(value: JSON) -> str:
    """A JSON value on one line; a plain text as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def block(value: JSON) -> str:
    """A JSON value for a code block, cut after ``LIMIT`` characters with a word on how much is missing."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2)
    return text if len(text) <= LIMIT else f"{text[:LIMIT]}\n… and {len(text) - LIMIT} characters more, in the run directory"


def request(observation: Observation) -> str:
    """The call that an observation answers, e.g. ``get /version``; ``computed`` where there was none."""
    return f"{observation.request.verb} {observation.request.path}" if observation.request else "computed"


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


def control_kind(control: ControlResult) -> str:
    """What the control was made of, in words."""
    if control.kind is ControlKind.LIVE:
        return "live: made on the cluster"
    return "recorded: judged from facts that were written down, because the cluster cannot be made to show them"


def control_outcome(control: ControlResult) -> str:
    """Whether the control did its work, in words."""
    if control.flipped:
        return "failed for the reason it was made for"
    return f"did not flip: expected a failure for the reason {control.expected_reason}, so the check proves nothing"


def replay_commands(run: Run) -> tuple[str, str]:
    """The two shell commands that judge a run again: the manifest first, then the evaluators."""
    folder = shlex.quote(f"runs/{run.run_id}")
    return (
        f"(cd {folder} && sha256sum --check --quiet manifest.sha256)",
        f"ansible localhost -m ailab.conformance.conformance_replay -a run_dir={folder}",
    )
