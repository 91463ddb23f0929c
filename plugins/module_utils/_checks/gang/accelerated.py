# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GANG-07: every member of a gang has an accelerator of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success, uuids_in
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import whole_node
from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.arenas import find_arena
from ansible_collections.ailab.conformance.plugins.module_utils._platform.gangs import at_barrier, meeting_point
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline

from .needs import GANGS
from .outcome import is_complete, passed_barrier, solution_decided, unseen
from .requirement import GANG_SCHEDULING
from .scenario import QUEUE, ample, gang, member, solution_of, ticket, to_its_end
from .settings import GangSettings
from .variants import BY_QUEUE

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

_MOST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Whether the members ask for accelerators."""

    accelerated: bool


class OwnAccelerators(Check[Asking]):
    """The members run together, and each sees exactly one device that no other sees, by its UUID.

    A gang of pods without accelerators is no AI workload, and one whose members share a device is no gang. The control asks for none.
    """

    id = "GANG-07"
    requirement = GANG_SCHEDULING.id
    needs = GANGS
    title = "every member of a gang has its own accelerator"
    asks = "Do the members of a gang that ask for one accelerator each see one each, all different by UUID, while they run together?"
    broken_looks_like = "Two members see the same UUID, a member sees none or several, or the gang does not start."
    sources = ("KAR-0053", "specification: gang_scheduling")
    subject = Asking(accelerated=True)
    control = Asking(accelerated=False)
    control_reason = "no-device"
    control_takes = whole_node(least=2, allocator=Allocator.DEVICE_PLUGIN, lock=QUEUE, seconds=9)
    subject_takes = whole_node(least=2, allocator=Allocator.DEVICE_PLUGIN, lock=QUEUE, seconds=9)

    def observe(self, bench: Bench, variant: Asking, /) -> None:
        """Sends a gang with or without accelerators and reads its members' last words."""
        settings, solution = bench.own(GangSettings), solution_of(bench)
        where = find_arena(bench, least=2)
        size = min(_MOST, where.free)
        bench.note("size", {"members": size})
        carries = ticket(bench, solution, BY_QUEUE, ample(bench, where))
        leader = bench.create("meeting", meeting_point(bench.name("gang")))["spec"]["clusterIP"]
        template = member(bench, where=where)
        template = template if variant.accelerated else replace(template, resources={})
        template = at_barrier(template, leader=leader, size=size, seconds=settings.finish_seconds)
        what = gang(bench, "gang", members=size, template=template, carries=carries)
        to_its_end(bench, solution, what)

    def evaluate(self, seen: Seen) -> Finding:
        """Compares what the members saw."""
        timeline, size = Timeline.read(seen.last("members")), int((seen.last("size") or {}).get("members") or 0)
        if (missing := unseen(timeline)) is not None:
            return missing
        if size < 2:
            return inconclusive("size-unknown", "how many members the gang has was not recorded")
        if len(passed_barrier(timeline, size=size)) < size or timeline.most_running < size or not is_complete(seen.last("job.gang")):
            found = f"{timeline.most_running} of {size} members ran at one moment at most"
            return inconclusive("gang-not-complete", f"{found}, or they did not complete: what they saw decides nothing, see GANG-02")
        return self._compared(timeline, size) or solution_decided(seen, "workloads.gang", "the Job") or self._all_own(timeline, size)

    @staticmethod
    def _all_own(timeline: Timeline, size: int) -> Finding:
        different = sorted({uuid for state in timeline.last.values() for uuid in uuids_in(str(state.get("said") or ""))})
        return success("own-devices", f"{size} members ran together, each with its own device: {listed(different)}")

    @staticmethod
    def _compared(timeline: Timeline, size: int) -> Finding | None:
        shown = {state["pod"]: uuids_in(str(state.get("said") or "")) for state in timeline.last.values()}
        blind = [pod for pod, found in shown.items() if not found]
        if blind:
            return failure("no-device", f"{listed(blind)} saw no device, expected one each: see the device plugin's log")
        greedy = [f"{pod} saw {listed(found)}" for pod, found in shown.items() if len(found) > 1]
        if greedy:
            return failure("more-devices-visible", f"{'; '.join(greedy)}; expected one each: see the device plugin's log")
        different = {found[0] for found in shown.values()}
        if len(different) < size:
            return failure("devices-shared", f"{size} members saw {listed(sorted(different))}, expected {size} different devices")
        return None
