# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A workload on the cluster, and what the monitoring system has of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import inconclusive
from ansible_collections.ailab.conformance.plugins.module_utils._checks.outcome import had_its_time, not_running
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.monitoring import Store, StoreError, query, vector
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import PORT
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage

from . import server
from .settings import POD_MONITOR, ServiceMetricsSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_EVERY = 1.0
"""Seconds between two queries; a store cannot be watched."""


def start(bench: Bench, role: str = "server", *, asks: bool = True, broken: bool = False) -> str:
    """Starts a workload and waits until it serves, recorded as ``workload.<role>`` and ``mark.<role>``.

    Args:
        bench: the way to the cluster.
        role: of the pod.
        asks: whether it asks to be scraped.
        broken: whether its metrics have a line that is cut off.

    Returns:
        Its mark; empty where it does not run, so that there is nothing more to see.

    Raises:
        PreconditionError: PodMonitors are asked for and not served.
        ConformanceError: the cluster refuses.
    """
    own, mark = bench.own(ServiceMetricsSettings), bench.unique(role)
    labels = {server.ROLE: mark}
    by_monitor = own.discovery == POD_MONITOR
    if asks and by_monitor:
        bench.require_served(server.POD_MONITOR, component="Prometheus operator")
        bench.create(f"{role}-monitor", server.pod_monitor(selects=labels, labels=own.discovery_labels))
    manifest = server.workload(
        image=bench.settings.probe_image,
        mark=mark,
        labels=labels,
        tolerations=bench.settings.tolerations,
        affinity=bench.aside,
        asks=asks and not by_monitor,
        broken=broken,
    )
    pod = bench.create(f"{role}-pod", manifest)
    bench.know(role, pod)
    bench.note(f"mark.{role}", mark)
    if bench.running(role).progress.stage is not Stage.RUNNING:
        return ""

    bench.until_ready([pod])
    return mark


def call(bench: Bench, role: str, times: int) -> None:
    """Sends a workload requests one after the other, each recorded as ``call.<role>``.

    Raises:
        UnreachableError: the API server gives no answer.
    """
    name = bench.path_of(role).rpartition("/")[2]
    for _ in range(times):
        bench.proxied(f"call.{role}", kinds.POD, name=name, space=bench.namespace, port=str(PORT), path=server.CALL_PATH)


def until_scraped(bench: Bench, role: str, times: int) -> None:
    """Waits until somebody has read a workload's metrics so many times, recorded as ``scrapes.<role>``.

    Raises:
        UnreachableError: the API server gives no answer.
    """
    name = bench.path_of(role).rpartition("/")[2]

    def reached(wanted: int) -> bool | None:
        fact = f"scrapes.{role}"
        bench.proxied(fact, kinds.POD, name=name, space=bench.namespace, port=str(PORT), path=server.SCRAPES_PATH)
        return scrapes(bench.so_far, role) >= wanted or None

    for wanted in range(1, times + 1):
        bench.polled(partial(reached, wanted), every=_EVERY, seconds=bench.own(ServiceMetricsSettings).collect_seconds)


def scrapes(seen: Seen, role: str) -> int:
    """How many times somebody had read a workload's metrics when that was looked at last."""
    fact = seen.last(f"scrapes.{role}")
    body = fact.get("body") if isinstance(fact, dict) and fact.get("status") == HTTPStatus.OK else None
    return len(body.splitlines()) if isinstance(body, str) else 0


def look(
    bench: Bench,
    fact: str,
    expression: str,
    done: Callable[[Mapping[str, float] | None], bool],
    *,
    seconds: float,
    store: Store | None = None,
) -> None:
    """Evaluates an expression until its result is as wished, or for so long.

    The results are recorded as the fact, and at the end, as ``waited.<fact>``, how long it may have taken: a record that ends before
    that says nothing about what did not come.

    Args:
        bench: the way to the cluster.
        fact: the record's name.
        expression: an instant vector.
        done: whether the values by metric name are as wished; None stands for an answer that cannot be read.
        seconds: how long to ask.
        store: the monitoring system; the platform's when not given.

    Raises:
        UnreachableError: the API server gives no answer.
    """

    def once() -> bool | None:
        query(bench, fact, store or bench.own(ServiceMetricsSettings).store, expression)
        return done(values(bench.so_far.last(fact))) or None

    bench.polled(once, every=_EVERY, seconds=seconds)
    bench.note(f"waited.{fact}", {"seconds": seconds})


def values(fact: JSON) -> dict[str, float] | None:
    """The values of a recorded vector by metric name, summed over its series; None when it cannot be read."""
    try:
        samples = vector(fact)
    except StoreError:
        return None
    found: dict[str, float] = {}
    for sample in samples:
        name = sample.labels.get("__name__", "")
        found[name] = found.get(name, 0.0) + sample.value
    return found


def stored(seen: Seen, fact: str) -> dict[str, float]:
    """The values of a recorded vector by metric name.

    Raises:
        StoreError: it cannot be read, or the record ends before the store had its time.
    """
    require_whole(seen, fact)
    vector(seen.last(fact))
    return values(seen.last(fact)) or {}


def require_whole(seen: Seen, fact: str) -> None:
    """Makes sure that a record goes on to the end of a look.

    Raises:
        StoreError: it does not.
    """
    if not had_its_time(seen, f"waited.{fact}"):
        raise StoreError("the record ends before the monitoring system had its time")


def of_mark(mark: str) -> str:
    """An expression: all series of a workload."""
    return f'{{__name__=~"ai_conformance_.+",mark="{mark}"}}'


def target(seen: Seen, role: str, *, port: int = PORT) -> str:
    """Where a workload's metrics are scraped, as the label ``instance`` has it; empty when the pod has no address."""
    address = (((seen.last(f"workload.{role}") or {}).get("pod") or {}).get("status") or {}).get("podIP")
    return f"{address}:{port}" if address else ""


def not_serving(seen: Seen, *roles: str) -> Finding | None:
    """Why nothing can be said: a workload does not run; None when all do."""
    for role in roles:
        if (problem := not_running(seen, role)) is not None:
            return problem
        if not seen.last(f"mark.{role}"):
            return inconclusive("mark-not-seen", f"the {role} pod's mark is not recorded, so its series cannot be told")
    return None
