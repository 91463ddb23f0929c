# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A monitoring system as recorded on a lab, and broken in one thing each: what it could do and still look healthy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Side, Verdict

JSON = Any
Edit = Callable[[JSON], JSON]

CALLS, LATENCY, QUEUE = "ai_conformance_requests_total", "ai_conformance_request_seconds", "ai_conformance_queue_depth"
COUNT, DURATION = "vllm:request_success_total", "vllm:e2e_request_latency_seconds_count"


def values(name: str, number: str) -> Edit:
    """The store has another value for a metric."""

    def edited(fact: JSON) -> None:
        for item in fact["body"]["data"]["result"]:
            if item["metric"]["__name__"] == name:
                item["value"][1] = number

    return edited


def lost(*names: str) -> Edit:
    """The store lacks some metrics; all when none is named."""

    def edited(fact: JSON) -> None:
        data = fact["body"]["data"]
        data["result"] = [item for item in data["result"] if names and item["metric"]["__name__"] not in names]

    return edited


def answered(status: int, body: JSON) -> Edit:
    """Somebody answers something else."""
    return lambda fact: {**fact, "status": status, "body": body}


_FORBIDDEN = {"kind": "Status", "status": "Failure", "reason": "Forbidden", "message": "services is forbidden", "code": 403}


@pytest.mark.parametrize(
    ("identifier", "fact", "edit", "verdict", "reason"),
    [
        ("SM-01", "one", answered(200, "<html></html>"), Verdict.FAIL, "store-silent"),
        ("SM-01", "one", answered(503, "no endpoints"), Verdict.FAIL, "store-silent"),
        ("SM-01", "one", answered(200, {"status": "error", "error": "not ready"}), Verdict.FAIL, "store-silent"),
        ("SM-01", "one", lost(), Verdict.FAIL, "store-wrong"),
        ("SM-02", "stored", lost(), Verdict.FAIL, "not-discovered"),
        *(
            ("SM-02", "stored", lost(name), Verdict.FAIL, "metrics-lost")
            for name in (CALLS, QUEUE, *(f"{LATENCY}_{part}" for part in ("bucket", "sum", "count")))
        ),
        ("SM-02", "stored", answered(503, "down"), Verdict.INCONCLUSIVE, "store-unreadable"),
        ("SM-03", "after", values(CALLS, "9"), Verdict.FAIL, "requests-not-counted"),
        ("SM-03", "after", values(CALLS, "11"), Verdict.FAIL, "requests-not-counted"),
        ("SM-03", "after", values(f"{LATENCY}_count", "9"), Verdict.FAIL, "requests-not-counted"),
        ("SM-03", "after", values(f"{LATENCY}_bucket", "9"), Verdict.FAIL, "requests-not-counted"),
        ("SM-03", "after", lost(f"{LATENCY}_bucket"), Verdict.FAIL, "requests-not-counted"),
        ("SM-03", "after", values(f"{LATENCY}_sum", "0.25"), Verdict.FAIL, "values-changed"),
        ("SM-03", "after", values(QUEUE, "0"), Verdict.FAIL, "values-changed"),
        ("SM-03", "before", values(CALLS, "3"), Verdict.INCONCLUSIVE, "not-from-zero"),
        ("SM-03", "call.server", answered(503, "unavailable"), Verdict.INCONCLUSIVE, "requests-not-served"),
        ("SM-04", "after", lost(), Verdict.FAIL, "metrics-not-stored"),
        ("SM-04", "after", lost(DURATION), Verdict.FAIL, "metrics-not-stored"),
        ("SM-04", "after", values(COUNT, "1"), Verdict.FAIL, "prompts-not-counted"),
        ("SM-04", "prompt", answered(200, {"error": "no such model"}), Verdict.INCONCLUSIVE, "prompt-refused"),
        ("SM-04", "prompt", answered(404, {}), Verdict.INCONCLUSIVE, "prompt-refused"),
        ("SM-05", "before", lost(), Verdict.INCONCLUSIVE, "not-discovered"),
        ("SM-05", "after", answered(503, "down"), Verdict.INCONCLUSIVE, "store-unreadable"),
        ("SM-06", "stored", lost(), Verdict.INCONCLUSIVE, "not-discovered"),
        ("SM-07", "up", lost(), Verdict.INCONCLUSIVE, "not-discovered"),
        ("SM-07", "up", values("up", "1"), Verdict.FAIL, "target-up"),
        ("SM-07", "scrapes.server", lambda fact: fact.update(body=""), Verdict.INCONCLUSIVE, "not-scraped"),
        ("SM-07", "scrapes.server", lambda fact: fact.update(body=".\n"), Verdict.INCONCLUSIVE, "not-scraped"),
        ("SM-08", "mine", lost(), Verdict.INCONCLUSIVE, "not-discovered"),
        ("SM-08", "theirs", answered(401, "no tenant"), Verdict.PASS, "refused"),
        ("SM-08", "theirs", answered(403, _FORBIDDEN), Verdict.INCONCLUSIVE, "not-asked"),
        ("SM-08", "theirs", answered(404, _FORBIDDEN), Verdict.INCONCLUSIVE, "store-unreadable"),
    ],
)
def test_broken_monitoring(*, recorded: Any, identifier: str, fact: str, edit: Edit, verdict: Verdict, reason: str) -> None:
    finding = recorded(identifier).edited(fact, edit).judged()
    assert (finding.verdict, finding.reason) == (verdict, reason), finding.sentence


@pytest.mark.parametrize(
    ("identifier", "fact", "reason"),
    [
        ("SM-05", "after", "series-stay"),
        ("SM-06", "twin", "stored-unasked"),
        ("SM-07", "stored", "stored-malformed"),
        ("SM-08", "theirs", "visible-to-others"),
    ],
)
def test_what_must_not_be_stored_is_found(recorded: Any, identifier: str, fact: str, reason: str) -> None:
    there = recorded("SM-02").seen.last("stored")
    finding = recorded(identifier).edited(fact, lambda _fact: there).judged()
    assert (finding.verdict, finding.reason) == (Verdict.FAIL, reason), finding.sentence


@pytest.mark.parametrize(("identifier", "fact"), [("SM-03", "call.server"), ("SM-04", "prompt")])
def test_counts_without_requests_are_not_believed(recorded: Any, identifier: str, fact: str) -> None:
    """Somebody else's traffic, or a store that says what is wished."""
    finding = recorded(identifier).without(fact).judged()
    assert (finding.verdict, finding.reason.partition("-not-")[2] in {"served", "sent"}) == (Verdict.INCONCLUSIVE, True), finding.sentence


@pytest.mark.parametrize("identifier", [f"SM-{number:02}" for number in range(2, 9)])
@pytest.mark.parametrize("side", Side)
def test_without_the_end_of_a_wait_nothing_is_said(recorded: Any, identifier: str, side: Side) -> None:
    whole = recorded(identifier, side=side)
    waits = {fact.name for fact in whole.seen.facts if fact.name.startswith("waited.")}
    assert waits
    for wait in waits:
        finding = whole.without(wait).judged()
        assert (finding.verdict, finding.reason) == (Verdict.INCONCLUSIVE, "store-unreadable"), finding.sentence


@pytest.mark.parametrize("identifier", [f"SM-{number:02}" for number in range(2, 9)])
def test_a_workload_that_does_not_run_says_nothing_about_the_monitoring_system(recorded: Any, identifier: str) -> None:
    def pending(fact: JSON) -> None:
        fact["pod"]["status"] = {"phase": "Pending"}

    assert recorded(identifier).edited("workload.server", pending).judged().verdict is Verdict.INCONCLUSIVE
