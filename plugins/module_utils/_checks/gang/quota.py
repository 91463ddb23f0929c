# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GANG-03: a gang larger than its quota starts no member."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.queues import Room
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline

from .needs import GANGS
from .outcome import names, queue_silent, refusal, unseen
from .requirement import GANG_SCHEDULING
from .scenario import GANG_CPU, ONE_GANG, decided, gang, member, send, solution_of, ticket, watched
from .variants import BY_QUEUE, DIRECTLY, Sent

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

SIZE = 3
_QUOTA = f"{(SIZE - 1) * int(GANG_CPU.removesuffix('m'))}m"


class HeldByQuota(Check[Sent]):
    """Quota for two of three members starts none of them, and the queue says why.

    A queue that admits what fits starts two. The control sends the same gang past the queue: it starts, so there was room for it, and
    only the gang layer held it back.
    """

    id = "GANG-03"
    requirement = GANG_SCHEDULING.id
    needs = GANGS
    title = "a gang beyond its quota starts no member"
    asks = f"Does no member of a gang of {SIZE} start where the quota is for {SIZE - 1}, while the cluster has room for all?"
    broken_looks_like = f"{SIZE - 1} members start and wait for one that cannot come."
    sources = ("KAR-0053: negative case", "specification: gang_scheduling")
    subject = BY_QUEUE
    control = DIRECTLY
    control_reason = "members-started"
    subject_takes = ONE_GANG

    def observe(self, bench: Bench, variant: Sent, /) -> None:
        """Sends a gang of three into a queue for two, or past it."""
        solution = solution_of(bench)
        if not solution.has_quota:
            raise PreconditionError(
                name="queue-quota",
                what="making a queue of little quota",
                found="a solution that the options describe, whose queues are the platform's own",
                expected="a solution whose queues the check can make: Kueue",
                look="the options gang_labels and gang_scheduler",
            )
        carries = ticket(bench, solution, variant, Room(quota={"cpu": _QUOTA}))
        what = gang(bench, "gang", members=SIZE, template=member(bench), carries=carries)
        with watched(bench, what.selector) as trace:
            trace.listed(seconds=bench.settings.start_seconds)
            decided(bench, solution, "gang", send(bench, "gang", what), trace, queued=variant.by_queue)
            bench.note("members", trace.timeline().as_fact())

    def evaluate(self, seen: Seen) -> Finding:
        """Looks for anything that started, and for the queue's reason."""
        timeline = Timeline.read(seen.last("members"))
        if (missing := unseen(timeline)) is not None:
            return missing
        if timeline.placed:
            sentence = f"{names(timeline.placed)} started with a quota of {_QUOTA} for {SIZE} members of {GANG_CPU}, expected none"
            return failure("members-started", sentence)
        words = refusal(seen.last("workloads.gang"))
        if not words:
            return queue_silent()
        return success("gang-held", f"no member of {SIZE} was started, seen change by change; the queue says: {words}")
