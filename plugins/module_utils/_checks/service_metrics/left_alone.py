# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SM-06: only what asks is scraped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check

from .collected import look, of_mark, start, stored
from .judging import FromStore
from .needs import SERVING
from .requirement import AI_SERVICE_METRICS
from .settings import ServiceMetricsSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Two workloads of which the first asks to be scraped.

    Attributes:
        second_asks: whether the second one asks, too.
    """

    second_asks: bool


class LeftAlone(FromStore, Check[Twins]):
    """Of two workloads that differ only in asking, one is stored and the other is not.

    Discovery that scrapes whatever opens a port proves nothing about asking, and costs everybody. The first one shows that scrapes
    happen meanwhile. The control lets both ask.
    """

    id = "SM-06"
    requirement = AI_SERVICE_METRICS.id
    title = "a workload that does not ask is left alone"
    asks = "Is a workload that does not ask to be scraped left alone, while its twin that asks is stored?"
    broken_looks_like = "Both are stored, or neither."
    sources = ("specification: workloads that expose them in a standard format",)
    mandatory = False
    needs = SERVING
    subject = Twins(second_asks=False)
    control = Twins(second_asks=True)
    control_reason = "stored-unasked"
    roles = ("server", "twin")

    def observe(self, bench: Bench, variant: Twins, /) -> None:
        """Starts both, waits for the first, and looks for the second for as long as that took at most."""
        own = bench.own(ServiceMetricsSettings)
        twin, mark = start(bench, "twin", asks=variant.second_asks), start(bench)
        if not twin or not mark:
            return
        look(bench, "stored", of_mark(mark), bool, seconds=own.collect_seconds)
        seconds = own.collect_seconds if variant.second_asks else own.quiet_seconds
        look(bench, "twin", of_mark(twin), bool, seconds=seconds)

    def judge(self, seen: Seen, /) -> Finding:
        """The first must be there, the second not."""
        first, second = stored(seen, "stored"), stored(seen, "twin")
        if not first:
            return inconclusive("not-discovered", "the workload that asks was not stored either: see SM-02")
        if second:
            return failure("stored-unasked", f"{len(second)} metrics of {seen.last('mark.twin')} are stored, which did not ask for it")
        return success("left-alone", f"{seen.last('mark.server')} is stored, {seen.last('mark.twin')} is not")
