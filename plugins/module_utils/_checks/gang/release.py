# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GANG-06: a gang that was held back starts as a whole when there is room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import whole_node
from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.arenas import find_arena
from ansible_collections.ailab.conformance.plugins.module_utils._platform.gangs import at_barrier, meeting_point
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline

from .needs import GANGS
from .outcome import is_complete, names, passed_barrier, queue_silent, refusal, unseen
from .requirement import GANG_SCHEDULING
from .scenario import QUEUE, ample, decided, ended, gang, member, send, solution_of, ticket, watched
from .settings import GangSettings
from .variants import BY_QUEUE

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving:
    """Whether the accelerator that is lacking is given back."""

    back: bool


class StartsWhenFreed(Check[Giving]):
    """One accelerator is taken, a gang that needs all is held back; the one is given back, and the whole gang starts.

    A queue that holds for ever, or that starts whoever fits, is caught. The control keeps the one taken: nothing starts.
    """

    id = "GANG-06"
    requirement = GANG_SCHEDULING.id
    needs = GANGS
    title = "a held gang starts as a whole when capacity is freed"
    asks = "Does a gang that was held back start with all its members once the accelerator that it lacked is given back?"
    broken_looks_like = "The gang stays in the queue although there is room, or some members start before there is room for all."
    sources = ("KAR-0053", "specification: gang_scheduling")
    subject = Giving(back=True)
    control = Giving(back=False)
    control_reason = "not-started"
    subject_takes = whole_node(least=2, allocator=Allocator.DEVICE_PLUGIN, lock=QUEUE, seconds=16)
    control_takes = whole_node(least=2, allocator=Allocator.DEVICE_PLUGIN, lock=QUEUE, seconds=9)

    def observe(self, bench: Bench, variant: Giving, /) -> None:
        """Takes one accelerator, sends a gang for all, and gives the one back or does not."""
        settings, solution, where = bench.own(GangSettings), solution_of(bench), find_arena(bench, least=2)
        carries = ticket(bench, solution, BY_QUEUE, ample(bench, where))
        holder = gang(bench, "holder", members=1, template=member(bench, where=where), carries=carries)
        with watched(bench, holder.selector) as holding:
            taken = send(bench, "holder", holder)
            holding.reaches(lambda timeline: timeline.most_running or None, seconds=settings.finish_seconds)
            bench.note("holder", holding.timeline().as_fact())
        leader = bench.create("meeting", meeting_point(bench.name("gang")))["spec"]["clusterIP"]
        template = at_barrier(member(bench, where=where), leader=leader, size=where.free, seconds=settings.finish_seconds)
        what = gang(bench, "gang", members=where.free, template=template, carries=carries)
        with watched(bench, what.selector) as trace:
            trace.listed(seconds=bench.settings.start_seconds)
            job = send(bench, "gang", what)
            decided(bench, solution, "gang", job, trace)
            bench.note("before", trace.timeline().as_fact())
            if variant.back:
                bench.delete("holder", [taken])
            ended(bench, "gang", job, seconds=settings.finish_seconds if variant.back else settings.hold_seconds)
            bench.note("members", trace.timeline().as_fact())

    def evaluate(self, seen: Seen) -> Finding:
        """Compares before and after."""
        before, timeline, holder = (Timeline.read(seen.last(name)) for name in ("before", "members", "holder"))
        if (missing := unseen(before) or unseen(timeline)) is not None:
            return missing
        if holder.most_running < 1:
            return inconclusive("holder-not-running", "the member that was to take one accelerator did not run, so that nothing was short")
        size = int((seen.last("arena") or {}).get("free") or 0)
        if size < 2:
            return inconclusive("capacity-unknown", "how many accelerators were free was not read")
        if before.placed:
            return failure("partly-started", f"{names(before.placed)} started with {size - 1} of {size} accelerators free, expected none")
        return self._afterwards(seen, timeline, size=size)

    @staticmethod
    def _afterwards(seen: Seen, timeline: Timeline, *, size: int) -> Finding:
        words = refusal(seen.last("workloads.gang"))
        if not words and seen.last("solution") is not None:
            return queue_silent()
        if not timeline.placed:
            return failure("not-started", f"no member started; the queue says: {words}. Expected all {size} once there is room for them")
        passed = passed_barrier(timeline, size=size)
        if timeline.most_running < size or len(passed) < size or not is_complete(seen.last("job.gang")):
            found = f"{timeline.most_running} of {size} members ran at one moment at most, {len(passed)} passed the barrier"
            return failure("partly-started", f"{found}, expected all")
        return success("started-whole", f"held back while one accelerator was taken ({words}), all {size} members ran together afterwards")
