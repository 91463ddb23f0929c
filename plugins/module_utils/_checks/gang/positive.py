# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GANG-02: the members of a gang run at the same time, and meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.gangs import at_barrier, meeting_point
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline

from .needs import GANGS
from .outcome import is_complete, names, passed_barrier, solution_decided, unseen
from .requirement import GANG_SCHEDULING
from .scenario import ONE_GANG, ample, gang, member, solution_of, ticket, to_its_end
from .settings import GangSettings
from .variants import BY_QUEUE

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

SIZE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """Who comes.

    Attributes:
        members: how many of a gang of three.
    """

    members: int


class GangRuns(Check[Attendance]):
    """Three members are admitted by the queue, meet at a barrier over the network, and end well.

    A platform that runs them one after the other lets each wait in vain for the others. The control sends one member less: if its
    barrier opened all the same, the barrier would prove nothing.
    """

    id = "GANG-02"
    requirement = GANG_SCHEDULING.id
    needs = GANGS
    title = "a gang inside capacity runs as one"
    asks = f"Do all {SIZE} members of a queued Job run at one moment, reach each other, and complete?"
    broken_looks_like = "Members run one after the other and time out at the barrier, or the Job never leaves the queue."
    sources = ("KAR-0053: positive case", "specification: gang_scheduling")
    subject = Attendance(members=SIZE)
    control = Attendance(members=SIZE - 1)
    control_reason = "barrier-not-passed"
    subject_takes = ONE_GANG
    control_takes = ONE_GANG

    def observe(self, bench: Bench, variant: Attendance, /) -> None:
        """Sends the gang through a queue of ample quota and waits for its end."""
        settings, solution = bench.own(GangSettings), solution_of(bench)
        carries = ticket(bench, solution, BY_QUEUE, ample(bench))
        meeting = bench.create("meeting", meeting_point(bench.name("gang")))
        patience = settings.finish_seconds if variant.members == SIZE else settings.hold_seconds
        template = at_barrier(member(bench), leader=meeting["spec"]["clusterIP"], size=SIZE, seconds=patience)
        what = gang(bench, "gang", members=variant.members, template=template, carries=carries)
        to_its_end(bench, solution, what)

    def evaluate(self, seen: Seen) -> Finding:
        """Counts who ran together and who passed the barrier."""
        timeline, job = Timeline.read(seen.last("members")), seen.last("job.gang")
        if (missing := unseen(timeline)) is not None:
            return missing
        if not timeline.placed:
            return inconclusive("members-not-started", "no member was started in time: see the queue, the image and the nodes")
        passed = passed_barrier(timeline, size=SIZE)
        if len(passed) == SIZE and not is_complete(job):
            return inconclusive("job-not-complete", "all members passed the barrier, but the Job was not complete in time")
        if len(passed) < SIZE:
            said = names([f"{state['pod']}: {state.get('said') or state['phase']}" for state in timeline.last.values()])
            sentence = f"{len(passed)} of {SIZE} members passed the barrier, expected all; they say: {said}"
            return failure("barrier-not-passed", sentence)
        if timeline.most_running < SIZE:
            return failure("not-together", f"{timeline.most_running} of {SIZE} members ran at one moment at most, expected all")
        undecided = solution_decided(seen, "workloads.gang", "the Job")
        return undecided or success("gang-ran", f"{SIZE} members ran at one moment, met at the barrier and completed")
