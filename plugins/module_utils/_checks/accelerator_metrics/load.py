# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One or two pods with an accelerator each, one of which works for a while: what the metrics say before, meanwhile and afterwards."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import inconclusive, uuids_in
from ansible_collections.ailab.conformance.plugins.module_utils._checks.outcome import not_running
from ansible_collections.ailab.conformance.plugins.module_utils._platform.exposition import ExpositionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import NO_ACCELERATORS, Probe

from .scrapes import LIMITS, NAMES, Accelerator, Exporter, by_uuid, exporters, scrape
from .settings import MetricsSettings, Names

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

FIRST, SECOND = "first", "second"
"""Roles of the pods. What is asked is asked of the first."""

ASKED = "asked"
"""Fact: the nodes whose exporters are asked."""

BURNING = "load"
"""What one pod at a time makes: two loads on one processor are half a load each, where accelerators are simulated."""

ENDED = "ended"
"""Fact: the pods that were ended. It is the last one, when the metrics had their time to say so."""

_EVERY = 1.0
_SMI = ("nvidia-smi", "-L")


class Works(enum.StrEnum):
    """Which pod works."""

    FIRST = enum.auto()
    SECOND = enum.auto()
    NEITHER = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is done to accelerators.

    Attributes:
        pods: how many there are.
        works: which of them works.
        accelerators: whether they ask for accelerators at all.
        waits: whether, where no pod works, time passes in which load would show.
    """

    pods: int = 1
    works: Works = Works.FIRST
    accelerators: bool = True
    waits: bool = True


def perform(bench: Bench, load: Load) -> None:
    """Starts the pods, lets one work, ends them, and reads the metrics in between.

    Recorded: ``workload.<pod>``, ``device.<pod>`` (the UUIDs that it sees), ``scrape.idle.*`` while all hold their devices and none
    works, ``scrape.busy.*`` when the load shows or should have shown, ``scrape.after.*`` when the pods are gone.

    Raises:
        PreconditionError: no exporter.
        ConformanceError: the cluster cannot be asked.
    """
    own, there = bench.own(MetricsSettings), bench.share.names or bench.accelerated
    # Nodes that come and go meanwhile have exporters that do, too: only those where the pods can be are asked.
    among = [exporter for exporter in exporters(bench) if not there or exporter.node in there]
    bench.note(ASKED, sorted({exporter.node for exporter in among}))
    names, roles = own.names, (FIRST, SECOND)[: load.pods]
    worker = {Works.FIRST: FIRST, Works.SECOND: SECOND}.get(load.works)
    if not _started(bench, roles, accelerators=load.accelerators, worker=worker):
        bench.survey()
        return
    _reach(bench, "idle", among, lambda seen: _quiet(seen, "idle", names, roles, attributed=load.accelerators))
    if worker:
        bench.execute(worker, ("sh", "-c", f"({own.load_script}) >/dev/null 2>&1 &"))
        _reach(bench, "busy", among, lambda seen: is_busy(seen, device(seen, worker)))
    elif load.waits:
        # As long as a load took at most to show elsewhere: nothing is waited for here that could come earlier.
        bench.polled(lambda: scrape(bench, "busy", among, metrics=names.core), every=own.quiet_seconds, seconds=own.quiet_seconds)
    for role in roles:
        bench.release(role)
    _reach(bench, "after", among, lambda seen: _quiet(seen, "after", names, roles, attributed=False))
    bench.note(ENDED, list(roles))


def _started(bench: Bench, roles: Sequence[str], *, accelerators: bool, worker: str | None) -> bool:
    """Starts the pods and asks them for their devices; whether they all run."""
    own = bench.own(MetricsSettings)
    asked = bench.accelerators("devices") if accelerators else NO_ACCELERATORS
    for role in roles:
        bench.probe(role, Probe(accelerators=asked, image=own.load_image, cpu=own.load_cpu if role == worker else ""))
    if any(bench.running(role).progress.stage is not Stage.RUNNING for role in roles):
        return False
    for role in roles if accelerators else ():
        bench.execute(role, _SMI)
        bench.note(f"device.{role}", uuids_in(str(bench.so_far.last(f"exec.{role}.probe").get("stdout") or "")))
    return True


def _reach(bench: Bench, phase: str, among: Sequence[Exporter], done: Callable[[Seen], bool]) -> None:
    """Reads the metrics until they are as wished, or for as long as they may take."""
    own = bench.own(MetricsSettings)

    def once() -> bool | None:
        scrape(bench, phase, among, metrics=own.names.core)
        try:
            return done(bench.so_far) or None
        except ExpositionError:
            # The evaluator will say so, if it stays so.
            return None

    bench.polled(once, every=_EVERY, seconds=own.react_seconds)


def device(seen: Seen, role: str) -> str:
    """UUID of the device that a pod saw; empty when it saw none, or several."""
    found = seen.last(f"device.{role}")
    return str(found[0]) if isinstance(found, list) and len(found) == 1 else ""


def pod_of(seen: Seen, role: str) -> tuple[str, str]:
    """Namespace and name of a pod."""
    metadata = ((seen.last(f"workload.{role}") or {}).get("pod") or {}).get("metadata") or {}
    return str(metadata.get("namespace") or ""), str(metadata.get("name") or "")


def phase(seen: Seen, name: str) -> dict[str, Accelerator]:
    """The accelerators in a phase's scrapes.

    Raises:
        ExpositionError: one cannot be read.
    """
    asked = seen.last(ASKED)
    return by_uuid(seen, name, Names.read(seen.last(NAMES)), nodes=list(map(str, asked)) if isinstance(asked, list) else [])


def unfinished(seen: Seen, *roles: str) -> Finding | None:
    """Why nothing can be said: a pod did not run, or the record is not whole; None when all did and it is."""
    if (problem := not_running(seen, *roles)) is not None:
        return problem
    ended = seen.last(ENDED)
    if not isinstance(ended, list) or not set(roles) <= set(map(str, ended)):
        return inconclusive("end-not-seen", "the record ends before the pods were gone and the metrics had their time to say so")
    return None


def limit(seen: Seen, name: str) -> float:
    """One of the numbers to judge by."""
    return float((seen.last(LIMITS) or {}).get(name) or 0.0)


def utilization(seen: Seen, name: str, uuid: str) -> float | None:
    """Percent of an accelerator in a phase; None when its metrics do not say.

    Raises:
        ExpositionError: a scrape cannot be read.
    """
    accelerator = phase(seen, name).get(uuid)
    return accelerator.value(Names.read(seen.last(NAMES)).utilization) if accelerator else None


def is_busy(seen: Seen, uuid: str) -> bool:
    """Whether an accelerator works, and holds memory for it, in the newest scrapes."""
    if (utilization(seen, "busy", uuid) or 0.0) < limit(seen, "busy_percent"):
        return False
    return _grown(seen, "busy", uuid) >= limit(seen, "memory_mib")


def _grown(seen: Seen, name: str, uuid: str) -> float:
    """By how many MiB the memory in use of an accelerator has grown from before the load to a phase; 0 where it is not known."""
    before, now = phase(seen, "idle").get(uuid), phase(seen, name).get(uuid)
    used = Names.read(seen.last(NAMES)).memory_used
    return (now.value(used) or 0.0) - (before.value(used) or 0.0) if before and now else 0.0


def _quiet(seen: Seen, name: str, names: Names, roles: tuple[str, ...], *, attributed: bool) -> bool:
    """Whether the pods' accelerators are idle, and belong to the pods, or to nobody any more with their memory free again."""
    try:
        found = phase(seen, name)
    except ExpositionError:
        return False
    for role in roles:
        accelerator = found.get(device(seen, role))
        if accelerator is None:
            if attributed:
                return False
            continue
        busy = accelerator.value(names.utilization)
        if busy is None or busy > limit(seen, "idle_percent"):
            return False
        named = accelerator.attributed(pod_of(seen, role), names)
        if len(named) < len(names.core) if attributed else named:
            return False
        if not attributed and _grown(seen, name, device(seen, role)) >= limit(seen, "memory_mib"):
            return False
    return True
