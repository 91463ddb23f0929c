# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SM-05: what is gone ends."""

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
class End:
    """What becomes of the workload.

    Attributes:
        deleted: whether it is deleted.
    """

    deleted: bool


class Staleness(FromStore, Check[End]):
    """The series of a deleted workload end.

    Whoever scales or alerts by a metric that never ends acts on a ghost. The control keeps the workload.
    """

    id = "SM-05"
    requirement = AI_SERVICE_METRICS.id
    title = "series end with their workload"
    asks = "Do the series of a deleted workload end within the time allowed?"
    broken_looks_like = "The last value is returned for ever."
    sources = ("Prometheus: staleness", "specification: collecting metrics from workloads")
    mandatory = False
    needs = SERVING
    subject = End(deleted=True)
    control = End(deleted=False)
    control_reason = "series-stay"

    def observe(self, bench: Bench, variant: End, /) -> None:
        """Waits for the series, deletes the workload, and queries until they are gone."""
        own, mark = bench.own(ServiceMetricsSettings), start(bench)
        if not mark:
            return
        look(bench, "before", of_mark(mark), bool, seconds=own.collect_seconds)
        if variant.deleted:
            bench.release("server")
        seconds = own.stale_seconds if variant.deleted else own.quiet_seconds
        look(bench, "after", of_mark(mark), lambda found: found is not None and not found, seconds=seconds)

    def judge(self, seen: Seen, /) -> Finding:
        """Looks for what is left."""
        before, after = stored(seen, "before"), stored(seen, "after")
        if not before:
            return inconclusive("not-discovered", "the workload's metrics were never stored, so they cannot end: see SM-02")
        if after:
            return failure("series-stay", f"{len(after)} metrics of {seen.last('mark.server')} are still stored, expected none")
        return success("series-ended", f"the {len(before)} metrics of {seen.last('mark.server')} ended when it was deleted")
