# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SM-03: what is stored is what has happened."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check

from .collected import call, look, of_mark, start, stored
from .judging import FromStore
from .needs import SERVING
from .requirement import AI_SERVICE_METRICS
from .server import BUCKETS, CALLS, DEPTH, LATENCY, QUEUE, SECONDS
from .settings import ServiceMetricsSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What the workload is sent.

    Attributes:
        sent: whether requests are sent at all.
    """

    sent: bool


class ExactTraffic(FromStore, Check[Traffic]):
    """After so many requests the stored counter and the histogram's count say just that number, its sum fits, and the gauge is as set.

    A system that stores names, samples or averages shows the metrics and not the traffic. The control sends nothing.
    """

    id = "SM-03"
    requirement = AI_SERVICE_METRICS.id
    title = "stored metrics count the traffic exactly"
    asks = "After a known number of requests, do the stored counter and histogram say that number?"
    broken_looks_like = "The stored numbers are lower, higher or absent."
    sources = ("KAR-0061: controlled number of requests", "specification: collecting metrics")
    needs = SERVING
    subject = Traffic(sent=True)
    control = Traffic(sent=False)
    control_reason = "requests-not-counted"

    def observe(self, bench: Bench, variant: Traffic, /) -> None:
        """Waits for the first scrape, sends the requests, and queries until the count has changed."""
        own, mark = bench.own(ServiceMetricsSettings), start(bench)
        if not mark:
            return
        look(bench, "before", of_mark(mark), bool, seconds=own.collect_seconds)
        bench.note("wanted", own.requests)
        if variant.sent:
            call(bench, "server", own.requests)
        seconds = own.collect_seconds if variant.sent else own.quiet_seconds
        look(bench, "after", of_mark(mark), lambda found: (found or {}).get(CALLS) == own.requests, seconds=seconds)

    def judge(self, seen: Seen, /) -> Finding:
        """Compares the numbers."""
        wanted, before, after = seen.last("wanted"), stored(seen, "before"), stored(seen, "after")
        if not isinstance(wanted, int) or not before or not after:
            return inconclusive("not-discovered", "the workload's metrics were not stored before and after the requests: see SM-02")
        if before.get(CALLS) != 0:
            return inconclusive("not-from-zero", f"{CALLS} was stored as {_number(before.get(CALLS))} before any request, expected 0")
        count, measured, buckets = (after.get(name) for name in (CALLS, f"{LATENCY}_count", f"{LATENCY}_bucket"))
        if count != wanted or measured != wanted or buckets != wanted * BUCKETS:
            found = f"{_number(count)} requests counted, {_number(measured)} measured and {_number(buckets)} in {BUCKETS} buckets together"
            return failure("requests-not-counted", f"{found}, expected {wanted}, {wanted} and {wanted * BUCKETS}")
        served = [_served(fact.data) for fact in seen.facts if fact.name == "call.server"]
        if served.count(True) != wanted:
            return inconclusive("requests-not-served", f"{served.count(True)} requests were served by the workload, expected {wanted}")
        total = after.get(f"{LATENCY}_sum", -1.0)
        if abs(total - wanted * SECONDS) > 0.01 * wanted * SECONDS or after.get(QUEUE) != DEPTH:
            found = f"sum {total:g} s and queue {_number(after.get(QUEUE))}"
            return failure("values-changed", f"{found} are stored, expected {wanted * SECONDS:g} s and {DEPTH}")
        return success("requests-counted", f"0 before and {wanted} after {wanted} requests, in the counter and in the histogram")


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _served(call: JSON) -> bool:
    body = call.get("body") if isinstance(call, dict) and call.get("status") == HTTPStatus.OK else None
    return isinstance(body, dict) and body.get("served") is True
