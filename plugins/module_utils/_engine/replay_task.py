# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task of conformance_replay."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .entry import Call, Entry, Outcome
from .replay import replay
from .run_directory import RunDirectory

if TYPE_CHECKING:
    from .check import Check

JSON = Any

REPLAY_SPEC: Mapping[str, Mapping[str, JSON]] = {"run_dir": {"type": "path", "required": True}}


def replay_entry(checks: Mapping[str, Check[Any]]) -> Entry:
    """The task that judges a run again.

    Args:
        checks: all that there are, by id.
    """

    def task(call: Call) -> Outcome:
        replayed = replay(RunDirectory(Path(call.options["run_dir"])), checks=checks)
        values = {"run_id": replayed.run_id, "checks": replayed.checks, "differences": list(replayed.differences)}
        if replayed.differences:
            what = "is not what it was sealed as" if replayed.changed else "is as it was sealed, but this version judges it otherwise"
            return Outcome(failed=True, message=f"run {replayed.run_id} {what}: {'; '.join(replayed.differences)}", values=values)
        return Outcome(message=f"run {replayed.run_id}: {replayed.checks} checks judged again, every byte the same", values=values)

    return Entry(task=task, argument_spec=REPLAY_SPEC, needs_library=False)
