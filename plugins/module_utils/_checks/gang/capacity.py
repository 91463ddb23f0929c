# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GANG-04: a gang larger than what is really free starts nothing, or is taken back as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import whole_node
from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.arenas import find_arena
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline

from .needs import GANGS
from .outcome import evicted, names, queue_silent, refusal, unseen
from .requirement import GANG_SCHEDULING
from .scenario import QUEUE, ample, decided, gang, member, send, solution_of, ticket, watched
from .settings import GangSettings
from .variants import BY_QUEUE, DIRECTLY, Sent

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


class HeldByCapacity(Check[Sent]):
    """The quota is ample, the accelerators are one too few: no member runs, or all that do are taken back together.

    A queue that counts quota only starts all members but one and leaves them there. The control sends the same gang past the queue:
    the default scheduler starts all but one, which is what all-or-nothing must prevent. Members are bound to nodes that are there,
    so that an autoscaler cannot make the room that is missing.
    """

    id = "GANG-04"
    requirement = GANG_SCHEDULING.id
    needs = GANGS
    title = "a gang beyond real capacity starts nothing"
    asks = "With accelerators for all members but one, and quota for many more, does no member stay running?"
    broken_looks_like = "All members but one run and hold their accelerators, waiting for one that cannot come."
    sources = ("KAR-0053: negative case, capacity for fewer than N", "specification: gang_scheduling")
    subject = BY_QUEUE
    control = DIRECTLY
    control_reason = "partly-started"
    subject_takes = whole_node(least=1, allocator=Allocator.DEVICE_PLUGIN, lock=QUEUE, seconds=9)
    control_takes = whole_node(least=1, allocator=Allocator.DEVICE_PLUGIN, seconds=6)

    def observe(self, bench: Bench, variant: Sent, /) -> None:
        """Sends a gang that needs one accelerator more than there is."""
        settings, solution, where = bench.own(GangSettings), solution_of(bench), find_arena(bench, least=1)
        carries = ticket(bench, solution, variant, ample(bench, where))
        what = gang(bench, "gang", members=where.free + 1, template=member(bench, where=where), carries=carries)
        with watched(bench, what.selector) as trace:
            trace.listed(seconds=bench.settings.start_seconds)
            job = send(bench, "gang", what)
            decided(bench, solution, "gang", job, trace, queued=variant.by_queue)
            if trace.timeline().placed:
                patience = settings.recovery_seconds if variant.by_queue else settings.hold_seconds
                trace.reaches(lambda timeline: not _holding(timeline) or None, seconds=patience)
                solution.workloads(bench, "workloads.gang", job)
            bench.note("members", trace.timeline().as_fact())

    def evaluate(self, seen: Seen) -> Finding:
        """Looks for members that hold accelerators."""
        timeline, where = Timeline.read(seen.last("members")), seen.last("arena")
        if (missing := unseen(timeline)) is not None:
            return missing
        if not (isinstance(where, dict) and isinstance(where.get("free"), int) and where["free"] > 0):
            return inconclusive("capacity-unknown", "how many accelerators were free was not read")
        return self._judged(timeline, free=where["free"], workloads=seen.last("workloads.gang"))

    @staticmethod
    def _judged(timeline: Timeline, *, free: int, workloads: JSON) -> Finding:
        size, there = free + 1, f"{free} of {free + 1} accelerators"
        if not timeline.placed:
            words = refusal(workloads)
            if not words:
                return queue_silent()
            return success("gang-held", f"with {there} no member was started, seen change by change; the queue says: {words}")
        if len(timeline.placed) >= size and timeline.most_running >= size:
            return inconclusive("capacity-grew", f"all {size} members ran although {there} were free: somebody made room meanwhile")
        if not (held := _holding(timeline)) and (why := evicted(workloads)):
            words = f"{names(timeline.placed)} started and were taken back together: {why}"
            return success("gang-taken-back", f"with {there} {words}")
        sentence = f"with {there} {names(held or timeline.placed)} started and the rest did not, expected all or none"
        return failure("partly-started", sentence)


def _holding(timeline: Timeline) -> list[str]:
    """Pods that have a node and are still there."""
    return [state["pod"] for state in timeline.last.values() if state.get("node") and state["phase"] in {"Pending", "Running"}]
