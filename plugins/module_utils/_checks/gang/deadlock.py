# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GANG-05: two gangs that would block each other do not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import whole_node
from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.arenas import find_arena
from ansible_collections.ailab.conformance.plugins.module_utils._platform.gangs import GANG_LABEL, at_barrier, meeting_point
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline

from .needs import GANGS
from .outcome import is_complete, passed_barrier, solution_decided, unseen
from .pair import Pair
from .requirement import GANG_SCHEDULING
from .scenario import QUEUE, ample, ended, gang, member, send, solution_of, ticket, watched
from .settings import GangSettings
from .variants import BY_QUEUE, DIRECTLY, Sent

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_SHARE = 0.8
_ROLES = ("first", "second")


class NoDeadlock(Check[Sent]):
    """Each of two gangs needs four fifths of the free accelerators. Their members come before the scheduler in turn.

    Without a gang layer each gets half and waits for ever, which is what the control shows. With one, one gang runs and completes,
    then the other. Turns are made by scheduling gates that the check removes, so that chance plays no part.
    """

    id = "GANG-05"
    requirement = GANG_SCHEDULING.id
    needs = GANGS
    title = "two gangs do not block each other"
    asks = "Do two gangs that each need four fifths of the free accelerators both complete, although their members come in turn?"
    broken_looks_like = "Each gang holds half of the accelerators and waits for the rest; neither completes."
    sources = ("KAR-0053", "Kueue documentation: two jobs without waitForPodsReady may deadlock", "specification: gang_scheduling")
    subject = BY_QUEUE
    control = DIRECTLY
    control_reason = "deadlock"
    subject_takes = whole_node(least=2, allocator=Allocator.DEVICE_PLUGIN, lock=QUEUE, seconds=20)
    control_takes = whole_node(least=2, allocator=Allocator.DEVICE_PLUGIN, seconds=14)

    def observe(self, bench: Bench, variant: Sent, /) -> None:
        """Sends both gangs and lets their members through in turn."""
        settings, solution, where = bench.own(GangSettings), solution_of(bench), find_arena(bench, least=2)
        size = max(2, math.ceil(_SHARE * where.free))
        carries = ticket(bench, solution, variant, ample(bench, where))
        gangs = {}
        for role in _ROLES:
            leader = bench.create(f"{role}-meeting", meeting_point(bench.name(role)))["spec"]["clusterIP"]
            template = at_barrier(member(bench, where=where), leader=leader, size=size, seconds=settings.finish_seconds)
            gangs[role] = gang(bench, role, members=size, template=template, carries=carries, gated=True)
        bench.note("sizes", {"each": size, "free": where.free, "gangs": {role: what.name for role, what in gangs.items()}})
        chosen = f"{GANG_LABEL} in ({','.join(what.name for what in gangs.values())})"
        with watched(bench, chosen) as trace:
            trace.listed(seconds=bench.settings.start_seconds)
            jobs = {role: send(bench, role, what) for role, what in gangs.items()}
            pair = Pair(bench, trace, size=size)
            if variant.by_queue:
                solution.await_word(bench, jobs["first"], seconds=settings.finish_seconds)
            pair.take_turns(seconds=settings.hold_seconds)
            if variant.by_queue:
                pair.let_through(list(jobs.values()), seconds=settings.finish_seconds)
            for role, job in jobs.items():
                # A Job is complete when its controller has said so, which on a busy cluster is seconds after its last pod.
                ended(bench, role, job, seconds=settings.finish_seconds if variant.by_queue else 0)
                solution.workloads(bench, f"workloads.{role}", job)
            bench.note("members", trace.timeline().as_fact())

    def evaluate(self, seen: Seen) -> Finding:
        """Follows both gangs through all states."""
        timeline, sizes = Timeline.read(seen.last("members")), seen.last("sizes")
        if (missing := unseen(timeline)) is not None:
            return missing
        if not isinstance(sizes, dict) or not (isinstance(sizes.get("each"), int) and set(sizes.get("gangs") or {}) == set(_ROLES)):
            return inconclusive("sizes-unknown", "how large the gangs were was not recorded")
        if 2 * sizes["each"] <= sizes["free"]:
            return inconclusive(
                "not-scarce", f"{sizes['free']} accelerators serve two gangs of {sizes['each']}: they cannot block each other"
            )
        return self._both(seen, timeline, sizes) or self._through_the_queue(seen) or self._told(timeline, sizes)

    @staticmethod
    def _both(seen: Seen, timeline: Timeline, sizes: Mapping[str, JSON]) -> Finding | None:
        size: int = sizes["each"]
        complete = [role for role in _ROLES if is_complete(seen.last(f"job.{role}"))]
        blocked = _both_in_part(timeline, sizes)
        if len(complete) < len(_ROLES):
            if blocked:
                return failure("deadlock", f"the gangs of {size} hold {blocked} of {sizes['free']} accelerators, and neither has enough")
            return failure("not-both-complete", f"of two gangs of {size} {len(complete)} completed, expected both: see the queue's events")
        passed = passed_barrier(timeline, size=size)
        if len(passed) < 2 * size:
            return failure("barrier-not-passed", f"{len(passed)} of {2 * size} members of complete gangs passed their barrier")
        return None

    @staticmethod
    def _through_the_queue(seen: Seen) -> Finding | None:
        found = (solution_decided(seen, f"workloads.{role}", f"the {role} gang") for role in _ROLES)
        return next((finding for finding in found if finding is not None), None)

    @staticmethod
    def _told(timeline: Timeline, sizes: Mapping[str, JSON]) -> Finding:
        how = "one was taken back and came again" if _both_in_part(timeline, sizes) else "never both in part"
        return success("both-complete", f"two gangs of {sizes['each']} on {sizes['free']} accelerators completed, {how}")


def _both_in_part(timeline: Timeline, sizes: Mapping[str, JSON]) -> str:
    """How much each gang held in the last state in which both had some members placed and not all; empty when there was none."""
    found = ""
    for state in timeline.states():
        here = [pod["pod"] for pod in state.values() if pod.get("node") and pod["phase"] in {"Pending", "Running"}]
        held = [sum(pod.startswith(f"{name}-") for pod in here) for name in sizes["gangs"].values()]
        if all(0 < count < sizes["each"] for count in held):
            found = " and ".join(map(str, held))
    return found
