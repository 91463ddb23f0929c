# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs checks: both sides of each, on a workspace, recording whatever happens."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError

from .check import RecordedControl
from .codec import dump
from .observations import ERROR, PRECONDITION, VARIANT, Recorder, Seen
from .plan import Work, run_all
from .verdict import ControlKind, Side

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.workspace import Workspace

    from .check import Check

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A check with what was seen of it."""

    check: Check[Any]
    subject: Seen
    control: Seen


def examine(checks: Sequence[Check[Any]], *, workspace: Workspace, accelerators: int) -> list[Examined]:
    """Runs checks beside each other, as far as the accelerators allow.

    What breaks in one side is recorded there and touches nothing else.

    Args:
        checks: what to run.
        workspace: where.
        accelerators: how many are free.

    Returns:
        In the order of the checks.
    """
    runs = [
        _Run(check, side, workspace)
        for check in checks
        for side in Side
        if not (side is Side.CONTROL and check.control_kind is ControlKind.RECORDED)
    ]
    possible = [run for run in runs if run.possible(accelerators)]
    raised = run_all([Work(name=run.name, takes=run.check.takes(run.side), run=run) for run in possible], total=accelerators)
    for run in possible:
        problem = raised[run.name]
        if problem is not None:
            run.broke(problem)
    seen = {(run.check.id, run.side): run.recorder.seen for run in runs}
    recorded = {(run.check.id, Side.CONTROL): run.recorded for run in runs if run.check.control_kind is ControlKind.RECORDED}
    seen |= recorded
    return [Examined(check=check, subject=seen[check.id, Side.SUBJECT], control=seen[check.id, Side.CONTROL]) for check in checks]


class _Run:
    """One side of one check."""

    def __init__(self, check: Check[Any], side: Side, workspace: Workspace) -> None:
        self.check, self.side = check, side
        self.name = f"{check.id.lower()}-{side}"
        self.recorder = Recorder(workspace.cluster.clock)
        self.recorded = Seen()
        self._workspace = workspace

    def __call__(self, wanted: Callable[[], bool]) -> None:
        """Observes, and takes a recorded control from what was observed."""
        self.recorder(VARIANT, dump(self.check.variant(self.side)))
        bench = Bench(workspace=self._workspace, prefix=self.name, record=self.recorder)
        try:
            self.check.observe(bench, self.check.variant(self.side))
        finally:
            # What is left is removed, or tried again and accounted for, when the workspace closes. Until then only others may need it.
            if wanted():
                with contextlib.suppress(ConformanceError):
                    bench.close()
        if isinstance(self.check, RecordedControl):
            self.recorded = self._control(self.check)

    def _control(self, check: RecordedControl[Any]) -> Seen:
        """The facts of a recorded control, as of the time at which the subject was seen."""
        subject = self.recorder.seen
        return Seen.of([(VARIANT, dump(check.control)), *check.recorded(subject)], at=subject.facts[-1].at)

    def possible(self, accelerators: int) -> bool:
        """Whether there are accelerators enough; if not, that is what the record says."""
        needed = self.check.takes(self.side).least
        if needed <= accelerators:
            return True
        self.broke(
            PreconditionError(
                name="free-device",
                what=f"planning the {self.side} of {self.check.id}",
                found=f"{accelerators} free accelerators",
                expected=f"at least {needed}",
                look="kubectl get resourceslices, and kubectl get resourceclaims --all-namespaces",
            )
        )
        return False

    def broke(self, problem: BaseException) -> None:
        """Records why there is nothing to judge."""
        if isinstance(problem, PreconditionError):
            self.recorder(PRECONDITION, {"reason": problem.name, "sentence": str(problem)})
        elif isinstance(problem, ConformanceError):
            self.recorder(ERROR, {"reason": _code(type(problem).__name__), "sentence": str(problem)})
        else:
            sentence = f"{self.check.id} broke while observing its {self.side}: {type(problem).__name__}: {problem}"
            self.recorder(ERROR, {"reason": "check-broken", "sentence": sentence})


def _code(name: str) -> str:
    """``UnreachableError`` → ``unreachable``."""
    return "".join(f"-{char.lower()}" if char.isupper() else char for char in name.removesuffix("Error")).lstrip("-")
