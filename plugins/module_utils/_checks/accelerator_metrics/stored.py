# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AM-09: the monitoring system has the metrics of every accelerator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.outcome import had_its_time
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.exposition import ExpositionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.monitoring import StoreError, query, vector

from .judging import FromMetrics
from .needs import ALL_NODES, STORE
from .requirement import ACCELERATOR_METRICS
from .scrapes import NAMES, by_uuid, exporters, scrape
from .settings import MetricsSettings, Names

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

_EVERY = 1.0

_WAITED = "waited"
"""Fact: how long the store was given at most. A record that ends before it says nothing about what is not stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the monitoring system is asked for.

    Attributes:
        exists: the utilisation metric under test; otherwise one that nobody exports.
    """

    exists: bool


class StoredMetrics(FromMetrics, Check[Stored]):
    """A query of the platform's monitoring system returns the utilisation of all accelerators that the exporters have.

    Metrics that nobody collects are gone when somebody looks for them. The control asks for a metric that was named in this run.
    """

    id = "AM-09"
    requirement = ACCELERATOR_METRICS.id
    title = "metrics of every accelerator are stored"
    asks = "Does the monitoring system have a current utilisation of every accelerator, under the same UUIDs as the exporters?"
    broken_looks_like = "The exporters are not scraped, or some of them are not: the query returns fewer UUIDs, or none."
    sources = ("specification: standardized, machine-readable metrics endpoint", "Prometheus HTTP API v1: query")
    mandatory = False
    reads_only = True
    needs = STORE
    subject = Stored(exists=True)
    control = Stored(exists=False)
    control_reason = "series-not-stored"
    subject_takes = ALL_NODES
    control_takes = ALL_NODES

    def observe(self, bench: Bench, variant: Stored, /) -> None:
        """Reads the exporters, and queries until the store has as much, or it takes too long."""
        own = bench.own(MetricsSettings)
        scrape(bench, "now", exporters(bench), metrics=own.names.core)
        metric = own.names.utilization if variant.exists else bench.unique("nobody-exports").replace("-", "_")

        def has_all() -> bool | None:
            query(bench, "stored", own.store, f'{metric}{{{own.names.device}!=""}}')
            return not _missing(bench.so_far) or None

        seconds = own.react_seconds if variant.exists else bench.settings.settle_seconds
        bench.polled(has_all, every=_EVERY, seconds=seconds)
        bench.note(_WAITED, {"seconds": seconds})

    def judge(self, seen: Seen, names: Names, /) -> Finding:
        """Compares UUIDs."""
        if seen.last("stored") is None or not had_its_time(seen, _WAITED):
            return inconclusive("store-not-asked", "the monitoring system was not asked, or not for long enough")
        exported = set(by_uuid(seen, "now", names))
        stored = {sample.labels.get(names.device, "") for sample in vector(seen.last("stored"))} - {""}
        if not exported:
            return inconclusive("metrics-not-seen", "the exporters have no accelerator, so there is nothing to look for")
        if not stored:
            return failure("series-not-stored", "the query returns no accelerator: is the exporter a target of the monitoring system?")
        if exported - stored:
            return failure("accelerator-not-stored", f"{listed(sorted(exported - stored))} not in the store, expected all {len(exported)}")
        return success("all-stored", f"the utilisation of all {len(exported)} accelerators is stored under their UUIDs")


def _missing(seen: Seen) -> bool:
    label = Names.read(seen.last(NAMES)).device
    try:
        exported = set(by_uuid(seen, "now", Names.read(seen.last(NAMES))))
        return bool(exported - {sample.labels.get(label, "") for sample in vector(seen.last("stored"))})
    except (ExpositionError, StoreError):
        return True
