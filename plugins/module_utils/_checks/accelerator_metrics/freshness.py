# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AM-05: metrics are measured again and again."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, not_run, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform.exposition import ExpositionError

from .judging import FromMetrics
from .needs import ALL_NODES, READING
from .requirement import ACCELERATOR_METRICS
from .scrapes import NAMES, Accelerator, by_uuid, exporters, scrape
from .settings import MetricsSettings, Names

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_EVERY = 1.0
"""Seconds between two readings of an endpoint, which nobody can watch."""

_WAITED = "waited"
"""Fact: for how many seconds nothing moved; none where something did."""


class Freshness(FromMetrics, RecordedControl[Situation]):
    """Energy, power, temperature or utilisation of every accelerator moves from one scrape to a later one.

    A file of numbers behind a web server passes every other look at an endpoint. The control is the first scrape, taken for the second.
    """

    id = "AM-05"
    requirement = ACCELERATOR_METRICS.id
    title = "metrics are measured, not stored"
    asks = "Does at least one series of every accelerator change between two scrapes?"
    broken_looks_like = "Later scrapes repeat the first one, to the last digit."
    sources = ("specification: performance metrics", "KAR-0059")
    reads_only = True
    needs = READING
    subject = AS_IT_IS
    control = Situation(cluster="as it is, the first scrape, taken for a later one")
    control_reason = "not-advancing"
    subject_takes = ALL_NODES

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Reads the exporters until all accelerators have moved, or it takes too long."""
        own, among = bench.own(MetricsSettings), exporters(bench)
        scrape(bench, "first", among, metrics=own.names.restless)

        def moved() -> bool | None:
            scrape(bench, "later", among, metrics=own.names.restless)
            try:
                return not _still(bench.so_far) or None
            except ExpositionError:
                # The evaluator will say so, if it stays so.
                return None

        bench.note(_WAITED, [own.fresh_seconds if bench.polled(moved, every=_EVERY, seconds=own.fresh_seconds) is None else 0.0])

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The first scrape twice."""
        first = {fact.name: fact.data for fact in subject.facts if not fact.name.startswith("scrape.later.")}
        later = {f"scrape.later.{node}": data for node, data in subject.named("scrape.first.").items()}
        return [*(first | later).items()]

    def judge(self, seen: Seen, names: Names, /) -> Finding:
        """Compares the first scrape with the last."""
        still, found = _still(seen), by_uuid(seen, "later", names)
        if not isinstance(seen.last(_WAITED), list) or not seen.last(_WAITED):
            return inconclusive("metrics-not-seen", "the record ends before the exporters had been read for long enough")
        if not found:
            return not_run("no-accelerators", "no series carries the label of a device")
        if still:
            return failure("not-advancing", f"no series of {listed(still)} has changed, expected a measurement: see the exporter's log")
        return success("advancing", f"series of all {len(found)} accelerators have moved between two scrapes")


def _still(seen: Seen) -> list[str]:
    """The accelerators none of whose series has moved; one that is not in both scrapes has not.

    Raises:
        ExpositionError: a scrape cannot be read.
    """
    names = Names.read(seen.last(NAMES))
    first, later = by_uuid(seen, "first", names), by_uuid(seen, "later", names)
    return [uuid for uuid in sorted({*first, *later}) if not (uuid in first and uuid in later and _differ(first[uuid], later[uuid]))]


def _differ(first: Accelerator, later: Accelerator) -> bool:
    """Whether a metric has another value. Labels do not count: pods that get an accelerator, or leave it, change them."""
    before: dict[str, set[float]] = {}
    for series in first.series:
        before.setdefault(series.name, set()).add(series.value)
    # NaN differs from itself, and is no measurement.
    measured = (series for series in later.series if series.name in before and math.isfinite(series.value))
    return any(series.value not in before[series.name] for series in measured)
