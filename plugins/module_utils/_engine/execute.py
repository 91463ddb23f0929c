# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs checks: both sides of each, on a workspace, recording whatever happens."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError

from .budget import Budget
from .check import RecordedControl
from .codec import dump
from .observations import ERROR, PRECONDITION, VARIANT, Recorder, Seen
from .plan import NOTHING, Takes
from .verdict import ControlKind, Side
from .work import Work, run_all

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.stock import Share
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.workspace import Workspace

    from .check import Check
    from .documents import CheckResult
    from .leases import Leases

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A check with what was seen of it."""

    check: Check[Any]
    subject: Seen
    control: Seen


def examine(
    checks: Sequence[Check[Any]], *, workspace: Workspace, leases: Leases, conclude: Callable[[Examined], CheckResult]
) -> tuple[CheckResult, ...]:
    """Runs checks beside each other, as far as the accelerators allow.

    What breaks in one side is recorded there and touches nothing else.

    Args:
        checks: what to run.
        workspace: where.
        leases: the accelerators that there are.
        conclude: what becomes of a check; called as soon as both its sides are over, while others may go on.

    Returns:
        What was concluded, in the order of the checks.

    Raises:
        ConformanceError: the nodes cannot be counted.
        OSError: what was concluded cannot be written.
    """
    budget = Budget(workspace.cluster, workspace.settings)
    runs = [
        _Run(check, side, workspace, leases=leases, budget=budget)
        for check in checks
        for side in Side
        if not (side is Side.CONTROL and check.control_kind is ControlKind.RECORDED)
    ]
    going_on = {run.name: run for run in runs}
    results: dict[str, CheckResult] = {}

    def over(name: str, problem: BaseException | None) -> None:
        run = going_on.pop(name)
        if problem is not None:
            run.broke(problem)
        if not any(other.check is run.check for other in going_on.values()):
            subject, *control = (other for other in runs if other.check is run.check)
            seen = control[0].recorder.seen if control else subject.recorded
            results[run.check.id] = conclude(Examined(check=run.check, subject=subject.recorder.seen, control=seen))

    possible = [run for run in runs if run.possible()]
    for run in runs:
        if run not in possible:
            over(run.name, None)
    run_all([Work(name=run.name, takes=run.takes, run=run) for run in possible], leases, over=over)
    return tuple(results[check.id] for check in checks)


class _Run:
    """One side of one check."""

    def __init__(self, check: Check[Any], side: Side, workspace: Workspace, *, leases: Leases, budget: Budget) -> None:
        self.check, self.side = check, side
        self.name = f"{check.id.lower()}-{side}"
        self.takes = check.takes_with(side, workspace.settings.own)
        self.recorder = Recorder(workspace.cluster.clock)
        self.recorded = Seen()
        self._workspace = workspace
        self._leases = leases
        self._budget = budget

    def __call__(self, share: Share, wanted: Callable[[], bool]) -> None:
        """Observes, and takes a recorded control from what was observed.

        Raises:
            PreconditionError: the requirement's time or nodes are used up.
        """
        self._budget.require(f"starting the {self.side} of {self.check.id}")
        self.recorder(VARIANT, dump(self.check.variant(self.side)))
        self._observe(share, wanted)
        if isinstance(self.check, RecordedControl):
            self.recorded = self._control(self.check)

    def _observe(self, share: Share, wanted: Callable[[], bool]) -> None:
        bench = Bench(
            workspace=self._workspace,
            prefix=self.name,
            record=self.recorder,
            disruptive=self.check.disruptive,
            share=share,
            stock=self._leases.stock,
            occupied=self._occupied,
        )
        try:
            self.check.observe(bench, self.check.variant(self.side))
        finally:
            # What is left is removed, or tried again and accounted for, when the workspace closes. Until then only others may need it.
            if self.takes != NOTHING or bench.has_changes or wanted():
                with contextlib.suppress(ConformanceError):
                    bench.close()

    def _occupied(self, hosts: Sequence[str]) -> AbstractContextManager[Share]:
        """All accelerators of a device plugin on some nodes."""
        return self._leases.held(Takes(hosts=tuple(hosts), allocator=Allocator.DEVICE_PLUGIN, seconds=self.takes.seconds))

    def _control(self, check: RecordedControl[Any]) -> Seen:
        """The facts of a recorded control, as of the time at which the subject was seen."""
        subject = self.recorder.seen
        return Seen.of([(VARIANT, dump(check.control)), *check.recorded(subject)], at=subject.facts[-1].at)

    def possible(self) -> bool:
        """Whether it may run and there are accelerators enough; if not, that is what the record says."""
        stock, settings = self._leases.stock, self._workspace.settings
        if self.check.disruptive and not settings.allow_disruptive:
            self.broke(
                PreconditionError(
                    name="disruption-not-allowed",
                    what=f"planning {self.check.id}",
                    found="allow_disruptive is false",
                    expected="leave to disturb what runs on the cluster, which this check does",
                    look="the option allow_disruptive",
                )
            )
            return False
        if self.takes.possible(stock):
            return True
        allocator = self.takes.allocator or stock.chosen
        self.broke(
            PreconditionError(
                name="free-device",
                what=f"planning the {self.side} of {self.check.id}",
                found=f"{sum(stock.of(allocator).values())} free accelerators of {allocator}",
                expected=f"at least {self.takes.least}",
                look="kubectl get resourceslices, kubectl get resourceclaims --all-namespaces, and the nodes' allocatable resources",
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
