# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What observers of this package do in the same way: find the solution and the room, send gangs, wait for their end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import one_at_a_time
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.accelerators import Arena
from ansible_collections.ailab.conformance.plugins.module_utils._platform.gangs import HOLD, Gang
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import PodTemplate
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import condition
from ansible_collections.ailab.conformance.plugins.module_utils._platform.queues import NO_TICKET, Room, Solution, Ticket, discover
from ansible_collections.ailab.conformance.plugins.module_utils._platform.trace import Followed, Trace

from .settings import GangSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

    from .variants import Sent

JSON = Any

QUEUE = "queue"
"""What one gang at a time may use: a queue may start one gang after the other (Kueue's blockAdmission), and tell then."""

ONE_GANG = one_at_a_time(QUEUE, seconds=8)
"""A gang without accelerators that goes through the queue."""

GANG_CPU = "10m"
"""Processor of a member, in millicores because queues count it."""


def solution_of(bench: Bench) -> Solution:
    """The solution of the platform.

    Raises:
        PreconditionError: there is none.
    """
    settings = bench.own(GangSettings)
    return discover(bench, given=Ticket(labels=settings.gang_labels, scheduler=settings.gang_scheduler))


def member(bench: Bench, *, where: Arena | None = None) -> PodTemplate:
    """A member with one accelerator on the nodes of an arena, or without any, anywhere."""
    settings = bench.settings
    if where is None:
        return PodTemplate(image=settings.probe_image, cpu=GANG_CPU, tolerations=settings.tolerations, affinity=bench.aside)
    return PodTemplate(
        image=settings.probe_image,
        cpu=GANG_CPU,
        resources={settings.accelerator_resource: 1},
        tolerations=settings.tolerations,
        node_selector=where.selector,
        affinity=None if where.selector else where.affinity,
    )


def ample(bench: Bench, where: Arena | None = None) -> Room:
    """A room that admits far more than there is, so that quota holds nothing back; with an arena, its nodes count."""
    if where is None:
        return Room(quota={})
    key, _, value = bench.settings.accelerator_label.partition("=")
    return Room(quota={bench.settings.accelerator_resource: str(100 * (where.free + 1))}, node_labels={key: value})


def ticket(bench: Bench, solution: Solution, variant: Sent, room: Room) -> Ticket:
    """A ticket to a new queue, or none where a gang is sent directly."""
    return solution.queue(bench, "queue", room) if variant.by_queue else NO_TICKET


def gang(bench: Bench, role: str, *, members: int, template: PodTemplate, carries: Ticket, gated: bool = False) -> Gang:
    """A gang by its part in the check, whose members wait behind a gate of ours if they are to; nothing is made yet."""
    return Gang(
        name=bench.name(role),
        members=members,
        template=replace(template, gates=(HOLD,)) if gated else template,
        labels=carries.labels,
        annotations=carries.annotations,
        scheduler=carries.scheduler,
    )


def watched(bench: Bench, selector: str) -> Trace:
    """A trace of the pods of a selector in the workspace."""
    return Trace(bench.cluster, kinds.POD.collection(bench.namespace), labels=selector)


def send(bench: Bench, role: str, what: Gang) -> JSON:
    """Makes a gang's Job."""
    return bench.create(role, what.job(bench.identity.labels))


def ended(bench: Bench, role: str, job: JSON, *, seconds: float) -> JSON:
    """Waits for the end of a Job, good or bad, recorded as ``job.<role>``; its last state when it does not end in time."""
    path = kinds.JOB.collection(bench.namespace)
    with Followed(bench.cluster, path, fields=f"metadata.name={job['metadata']['name']}") as jobs:

        def over(found: list[JSON]) -> JSON | None:
            return next((item for item in found if _is_over(item)), None)

        jobs.listed(seconds=bench.settings.start_seconds)
        last = jobs.until(over, seconds=seconds) or next(iter(jobs.objects.values()), None)
    bench.note(f"job.{role}", last)
    return last


def to_its_end(bench: Bench, solution: Solution, what: Gang) -> None:
    """Sends a gang and follows it to its end, recorded as ``job.gang``, ``workloads.gang`` and ``members``."""
    with watched(bench, what.selector) as trace:
        trace.listed(seconds=bench.settings.start_seconds)
        job = send(bench, "gang", what)
        ended(bench, "gang", job, seconds=bench.own(GangSettings).finish_seconds)
        solution.workloads(bench, "workloads.gang", job)
        bench.note("members", trace.timeline().as_fact())


def decided(bench: Bench, solution: Solution, role: str, job: JSON, trace: Trace, *, queued: bool = True) -> None:
    """Waits until a gang starts, or until the window in which it must not has passed; what the queue said is ``workloads.<role>``."""
    settings = bench.own(GangSettings)
    if queued:
        solution.await_word(bench, job, seconds=settings.finish_seconds)
    bench.note(f"window.{role}", {"seconds": settings.hold_seconds})
    trace.reaches(lambda timeline: bool(timeline.placed) or None, seconds=settings.hold_seconds if queued else settings.finish_seconds)
    if not queued:
        # The members of one gang come one after the other: all who can are given time to.
        trace.reaches(lambda timeline: len(timeline.placed) >= len(timeline.names) or None, seconds=settings.hold_seconds)
    solution.workloads(bench, f"workloads.{role}", job)


def _is_over(job: JSON) -> bool:
    return any(condition(job, kind).get("status") == "True" for kind in ("Complete", "Failed"))
