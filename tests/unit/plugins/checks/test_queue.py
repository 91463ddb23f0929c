# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HPA-08: servers that scale by their queue, and what broken platforms and other reasons for growth look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.pod_autoscaling.clients import COUNT, Answers, asking
from ansible_collections.ailab.conformance.plugins.module_utils._checks.pod_autoscaling.settings import OPTIONS, HpaSettings
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._engine import judge
from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
from ansible_collections.ailab.conformance.plugins.module_utils._engine.suite import needs_of
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import PodTemplate

JSON = Any
Facts = dict[str, JSON]

METRIC = "vllm_num_requests_waiting"
COMPLETION = {"object": "chat.completion", "choices": [{"index": 0}]}
PHASES = ("idle", "loaded", "low")


def said(value: float | None, desired: int, *, active: bool = True) -> JSON:
    return {
        "at": "t",
        "current": desired,
        "desired": desired,
        "metrics": {} if value is None else {METRIC: f"{value:g}"},
        "conditions": {"ScalingActive": {"status": str(active), "reason": "ValidMetricFound" if active else "FailedGetPodsMetric"}},
    }


def pod(name: str, *, ready: bool = True, phase: str = "Running", uid: str = "") -> JSON:
    return {"at": "t", "pod": name, "uid": uid or f"uid-{name}", "phase": phase, "ready": ready}


FIRST, SECOND = pod("first"), pod("second")
ENDED = [FIRST, SECOND, pod("second", phase="Gone", ready=False)]


def phase(pods: Sequence[JSON], *sayings: JSON, complete: bool = True) -> JSON:
    timeline = {"changes": list(pods), "complete": complete, "since": "t", "until": "t"}
    return {"metric": METRIC, "target": 2, "served": {}, "said": list(sayings), "pods": timeline, "known": 0}


def facts(which: str = "narrow", **changes: JSON) -> Facts:
    """What is recorded of a healthy platform, in its order; both sides have all of it but the last."""
    found = {
        "phase.narrow.idle": phase([FIRST], said(0, 1)),
        "phase.wide.idle": phase([FIRST], said(0, 1)),
        "answers.narrow": {"good": 9, "refused": 1, "first": COMPLETION},
        "answers.wide": {"good": 30, "refused": 0, "first": COMPLETION},
        "phase.narrow.loaded": phase([FIRST, SECOND], said(0, 1), said(7, 2), said(3, 2)),
        "phase.wide.loaded": phase([FIRST], said(0, 1)),
        "phase.narrow.low": phase(ENDED, said(3, 2), said(0, 1)),
        "phase.wide.low": phase([FIRST], said(0, 1)),
        "judged": which,
    }
    return {**found, **{name.replace("__", "."): value for name, value in changes.items()}}


def side(found: Mapping[str, JSON]) -> Any:
    return judge.side(CHECKS["HPA-08"], Seen.of(found.items()))


def result(subject: Facts, control: Facts) -> Any:
    sides = [Seen.of(found.items(), at="2026-11-22T10:00:00.000Z") for found in (subject, control)]
    return judge.result(CHECKS["HPA-08"], subject=sides[0], control=sides[1])


def test_a_healthy_platform_passes_and_its_control_flips() -> None:
    found = result(facts(), facts("wide"))
    assert (found.verdict, found.reason, found.control.reason, found.control.flipped) == (
        Verdict.PASS,
        "followed-queue",
        "nothing-waited",
        True,
    ), found.sentence
    assert "read 7 of 2" in found.sentence


def grown_for_nothing() -> JSON:
    """Two pods under load, and no queue."""
    return phase([FIRST, SECOND], said(0, 1), said(0, 2))


@pytest.mark.parametrize(
    ("loaded", "low", "reason"),
    [
        # One server for all, or a metric that is put together from all: both scale.
        (phase([FIRST, SECOND], said(0, 1), said(7, 2)), phase(ENDED, said(0, 1)), "followed-queue"),
        (grown_for_nothing(), phase(ENDED, said(0, 1)), "not-by-queue"),
    ],
)
def test_a_control_that_scales_proves_nothing(loaded: JSON, low: JSON, reason: str) -> None:
    control = facts("wide", phase__wide__loaded=loaded, phase__wide__low=low)
    found = result(facts(), control)
    assert (found.verdict, found.reason, found.control.reason) == (Verdict.INCONCLUSIVE, "control-did-not-flip", reason)


@pytest.mark.parametrize(
    ("name", "fact", "verdict", "reason"),
    [
        # It is full before anybody asks: a threshold that is always exceeded.
        ("phase.narrow.idle", phase([FIRST], said(4, 1)), Verdict.INCONCLUSIVE, "idle-not-below"),
        ("phase.narrow.idle", phase([FIRST], said(None, 1, active=False)), Verdict.INCONCLUSIVE, "idle-not-below"),
        ("phase.narrow.idle", phase([FIRST, SECOND], said(0, 1)), Verdict.INCONCLUSIVE, "idle-not-below"),
        ("phase.narrow.idle", phase([FIRST], said(0, 2)), Verdict.INCONCLUSIVE, "idle-not-below"),
        ("phase.narrow.idle", phase([FIRST], said(0, 1), complete=False), Verdict.INCONCLUSIVE, "phases-not-seen"),
        ("phase.narrow.loaded", phase([FIRST], said(0, 1), said(7, 1)), Verdict.FAIL, "queue-ignored"),
        ("phase.narrow.loaded", phase([FIRST], said(0, 1)), Verdict.FAIL, "nothing-waited"),
        ("phase.narrow.loaded", phase([FIRST], said(2, 1)), Verdict.FAIL, "nothing-waited"),
        ("phase.narrow.loaded", phase([FIRST], said(None, 1, active=False)), Verdict.INCONCLUSIVE, "queue-not-read"),
        ("phase.narrow.loaded", phase([FIRST], said(0, 1), said(0, 1, active=False)), Verdict.INCONCLUSIVE, "queue-not-read"),
        ("phase.narrow.loaded", phase([FIRST], said(7, 2)), Verdict.FAIL, "replicas-not-ready"),
        ("phase.narrow.loaded", phase([FIRST, pod("second", ready=False)], said(7, 2)), Verdict.FAIL, "replicas-not-ready"),
        # The same pod twice is one pod.
        ("phase.narrow.loaded", phase([FIRST, FIRST], said(7, 2)), Verdict.FAIL, "replicas-not-ready"),
        # Something else scales, and a queue that comes later does not excuse it.
        ("phase.narrow.loaded", grown_for_nothing(), Verdict.FAIL, "not-by-queue"),
        ("phase.narrow.loaded", phase([FIRST, SECOND], said(0, 1)), Verdict.FAIL, "not-by-queue"),
        ("phase.narrow.loaded", phase([FIRST, SECOND], said(0, 2), said(7, 2)), Verdict.FAIL, "not-by-queue"),
        ("phase.narrow.loaded", phase([FIRST, SECOND], said(7, 2), complete=False), Verdict.INCONCLUSIVE, "phases-not-seen"),
        ("phase.narrow.low", phase([FIRST, SECOND], said(0, 1)), Verdict.FAIL, "not-scaled-down"),
        ("phase.narrow.low", phase([pod("first", phase="Gone", ready=False)], said(0, 1)), Verdict.FAIL, "below-minimum"),
        ("answers.narrow", {"good": 3, "refused": 0, "first": COMPLETION}, Verdict.INCONCLUSIVE, "requests-not-answered"),
        ("answers.narrow", {"good": 9, "refused": 0, "first": "<html>"}, Verdict.INCONCLUSIVE, "requests-not-answered"),
        ("answers.narrow", {"good": 9, "refused": 0, "first": {"choices": []}}, Verdict.INCONCLUSIVE, "requests-not-answered"),
        ("answers.narrow", {"good": 0, "refused": 99, "first": None}, Verdict.INCONCLUSIVE, "requests-not-answered"),
    ],
)
def test_broken_platforms(name: str, fact: JSON, verdict: Verdict, reason: str) -> None:
    finding = side({**facts(), name: fact})
    assert (finding.verdict, finding.reason) == (verdict, reason), finding.sentence


@pytest.mark.parametrize("which", ["narrow", "wide"])
def test_a_record_that_ends_early_or_is_empty_decides_nothing(which: str) -> None:
    whole = list(facts(which).items())
    for length in range(len(whole)):
        assert side(dict(whole[:length])).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("nonsense", [None, [], {}, "", 0, 7, {"said": []}, {"metric": METRIC, "said": [], "pods": {"changes": [{}]}}])
@pytest.mark.parametrize("name", ["judged", "answers.narrow", *(f"phase.narrow.{part}" for part in PHASES)])
def test_nonsense_never_passes(name: str, nonsense: JSON) -> None:
    assert side({**facts(), name: nonsense}).verdict is Verdict.INCONCLUSIVE


def test_answers_are_what_the_clients_counted() -> None:
    assert Answers.of('12\n3\n{"choices": [{}]}\n') == Answers(good=12, refused=3, first={"choices": [{}]})
    assert Answers.of("0\n7\n") == Answers(good=0, refused=7, first=None)
    assert Answers.of('1\n0\n{"cho') == Answers(good=1, refused=0, first='{"cho')
    assert Answers.of("") is None
    assert Answers.of("sh: can't open answered") is None


def test_clients_end_by_themselves() -> None:
    template = asking(PodTemplate(image="i"), url="http://10.0.0.1:8000/v1/chat/completions", model="m", seconds=9.5)
    assert template.env["SECONDS_AT_MOST"] == template.env["PATIENCE"] == "10"
    assert '"model": "m"' in template.env["BODY"]
    assert all(word in template.script for word in ('"$URL"', '"$BODY"', "-lt 8"))
    assert COUNT[:2] == ("sh", "-c")


def test_a_server_template_serves_by_its_own_command() -> None:
    spec = PodTemplate(image="i", command=("serve",), port=8000, ready_path="/metrics", memory="").spec()["containers"][0]
    assert (spec["command"], spec["ports"][0]["containerPort"]) == (["serve"], 8000)
    assert spec["readinessProbe"] == {"httpGet": {"path": "/metrics", "port": "http"}, "periodSeconds": 1}
    assert spec["resources"]["limits"] == {}
    assert "readinessProbe" not in PodTemplate(image="i").spec()["containers"][0]


def test_what_it_makes_is_declared() -> None:
    needs = needs_of([CHECKS["HPA-08"]])
    assert {"Deployment", "HorizontalPodAutoscaler", "Pod", "Service"} <= {kind.name for kind in needs.makes}
    assert {"probe_image", "server_image"} <= set(needs.images)


def settings(**changes: JSON) -> HpaSettings:
    return HpaSettings(**{**{name: option.get("default") for name, option in OPTIONS.items()}, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"queue_metric": "vllm:num_requests_waiting"},
        {"server_image": "i", "server_command": ("serve",)},
        {"server_image": "i", "server_command": ()},
        {"server_accelerators": -1},
    ],
)
def test_what_cannot_work_is_refused(changes: Facts) -> None:
    with pytest.raises(ConformanceError):
        settings(**changes)


def test_a_server_takes_the_number_that_it_serves_at_a_time() -> None:
    assert settings(server_image="i", server_command=("serve", "--max-num-seqs={at_once}")).server_image == "i"
    assert settings().server_image == ""
