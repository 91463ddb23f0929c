# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SM-02: a workload that asks to be scraped is found and scraped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check

from .collected import look, of_mark, start, stored, target
from .judging import FromStore
from .needs import SERVING
from .requirement import AI_SERVICE_METRICS
from .server import CALLS, LATENCY, QUEUE
from .settings import ServiceMetricsSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """The workload.

    Attributes:
        asks: whether it asks to be scraped.
    """

    asks: bool


class Discovery(FromStore, Check[Workload]):
    """A new pod's counter, histogram and gauge are stored without anybody touching the monitoring system's configuration.

    Its series carry a mark of this run, so that no static file and nobody else's metrics can stand for them. The control is the same
    pod that does not ask.
    """

    id = "SM-02"
    requirement = AI_SERVICE_METRICS.id
    title = "workloads are discovered"
    asks = "Are the metrics of a new workload stored, when all that it does is to ask in the platform's own way?"
    broken_looks_like = "The workload does not become a target: its series are not stored within the time allowed."
    sources = ("specification: capable of discovering and collecting metrics", "KAR-0061")
    needs = SERVING
    subject = Workload(asks=True)
    control = Workload(asks=False)
    control_reason = "not-discovered"

    def observe(self, bench: Bench, variant: Workload, /) -> None:
        """Starts the workload and queries for its mark."""
        own, mark = bench.own(ServiceMetricsSettings), start(bench, asks=variant.asks)
        if not mark:
            return
        seconds = own.collect_seconds if variant.asks else own.quiet_seconds
        look(bench, "stored", of_mark(mark), bool, seconds=seconds)
        look(bench, "up", f'up{{instance="{target(bench.so_far, "server")}"}}', lambda found: found is not None, seconds=1)

    def judge(self, seen: Seen, /) -> Finding:
        """Looks for the three kinds of metrics."""
        if seen.last("stored") is None:
            return inconclusive("store-not-asked", "the monitoring system was not asked for the workload")
        found, up = stored(seen, "stored"), stored(seen, "up")
        if not found:
            state = f"up of its target is {up['up']:g}" if "up" in up else "it is no target"
            return failure("not-discovered", f"no series of {seen.last('mark.server')} is stored; {state}, expected a target that is up")
        missing = [name for name in (CALLS, *(f"{LATENCY}_{part}" for part in ("bucket", "sum", "count")), QUEUE) if name not in found]
        if missing:
            return failure("metrics-lost", f"{missing[0]} of {seen.last('mark.server')} is not stored, but {len(found)} other names are")
        return success("discovered", f"counter, histogram and gauge of {seen.last('mark.server')} are stored")
