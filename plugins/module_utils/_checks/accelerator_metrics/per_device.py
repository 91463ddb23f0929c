# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AM-08: the metrics of an accelerator are its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices

from .judging import FromMetrics
from .load import BURNING, FIRST, SECOND, Load, Works, device, limit, perform, unfinished, utilization
from .needs import LOADING
from .requirement import ACCELERATOR_METRICS
from .settings import Names

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


class PerDevice(FromMetrics, Check[Load]):
    """Of two accelerators that are held, only the one that works is busy in the metrics.

    An average over a node moves with every load. The control puts the load on the second one: its metrics must rise, and the first's not.
    """

    id = "AM-08"
    requirement = ACCELERATOR_METRICS.id
    title = "load on one accelerator moves no other"
    asks = "When one of two accelerators works, is it busy in the metrics while the other stays idle?"
    broken_looks_like = "Both rise, or the wrong one does."
    sources = ("specification: per-accelerator utilization", "KAR-0059")
    needs = LOADING
    subject = Load(pods=2)
    control = Load(pods=2, works=Works.SECOND)
    control_reason = "other-device-busy"
    subject_takes = devices(2, lock=BURNING, seconds=12)
    control_takes = devices(2, lock=BURNING, seconds=12)

    def observe(self, bench: Bench, variant: Load, /) -> None:
        """Reads the metrics of both while one works."""
        perform(bench, variant)

    def judge(self, seen: Seen, _names: Names, /) -> Finding:
        """The first must be busy, the second idle."""
        if (problem := unfinished(seen, FIRST, SECOND)) is not None:
            return problem
        pair = device(seen, FIRST), device(seen, SECOND)
        if not all(pair) or pair[0] == pair[1]:
            return inconclusive("device-unknown", f"the pods see {pair[0] or 'none'} and {pair[1] or 'none'}, expected one device each")
        return next(self._problems(seen, *pair), None) or self._own(seen, *pair)

    @staticmethod
    def _problems(seen: Seen, mine: str, other: str) -> Iterator[Finding]:
        least, most = limit(seen, "busy_percent"), limit(seen, "idle_percent")
        for uuid in (mine, other):
            before = utilization(seen, "idle", uuid)
            if before is None or before > most:
                yield inconclusive(
                    "not-idle-before", f"{uuid} was at {before} % before the load, expected at most {most:g}: who else uses it?"
                )
        first, second = (utilization(seen, "busy", uuid) for uuid in (mine, other))
        if first is None or second is None:
            yield inconclusive("metrics-not-seen", "the metrics of both were not read under load")
            return
        if second > most:
            found = f"{other}, which nobody works with, is at {second:g} %, and {mine} at {first:g} %"
            yield failure("other-device-busy", f"{found}; expected {mine} alone to be busy")
        if first < least:
            yield failure("load-not-seen", f"{mine} is at {first:g} % under load, expected at least {least:g}")

    @staticmethod
    def _own(seen: Seen, mine: str, other: str) -> Finding:
        first, second = (utilization(seen, "busy", uuid) for uuid in (mine, other))
        return success("own-metrics", f"under load on {mine} it was at {first:g} %, and {other} at {second:g} %")
