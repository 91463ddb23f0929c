# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gateway as recorded on a lab, and broken in one thing each: what it could do and still look healthy."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict

JSON = Any
Edit = Callable[[str], str]


def answers(**counts: int) -> Edit:
    """So many answers of each kind: ``v1=10`` are 10 of status 200 from the first backend, ``s503=2`` are 2 of status 503."""
    lines = {name: f" {name[1:]}" if re.fullmatch(r"s\d{3}", name) else f"{name} 200" for name in counts}
    return lambda _text: "".join(f"{lines[name]}\n" * count for name, count in counts.items())


def reply(model: str, *, status: int = 200) -> Edit:
    """A prompt is answered otherwise."""
    return lambda _text: f'{{"model":"{model}"}}\n\nANSWERED {status} 0.004 0.005\n'


def stream(first: float, *, events: int = 9) -> Edit:
    """A stream of a second."""
    return lambda _text: 'data: {"model":"conformance-alpha"}\n\n' * events + f"\nANSWERED 200 {first} 1.0\n"


@pytest.mark.parametrize(
    ("identifier", "fact", "edit", "verdict", "reason"),
    [
        ("INF-03", "answers", answers(s404=20), Verdict.FAIL, "not-routed"),
        ("INF-03", "answers", answers(s503=20), Verdict.FAIL, "wrong-answer"),
        ("INF-03", "answers", answers(s000=20), Verdict.FAIL, "wrong-answer"),
        ("INF-03", "answers", answers(v1=19, v2=1), Verdict.FAIL, "wrong-answer"),
        ("INF-03", "answers", answers(welcome=20), Verdict.FAIL, "wrong-answer"),
        ("INF-03", "answers", answers(v1=19), Verdict.INCONCLUSIVE, "requests-not-sent"),
        ("INF-04", "answers", answers(v1=250, v2=250), Verdict.FAIL, "split-off"),
        ("INF-04", "answers", answers(v1=350, v2=150), Verdict.FAIL, "split-off"),
        ("INF-04", "answers", answers(v1=450, v2=50), Verdict.FAIL, "split-off"),
        ("INF-04", "answers", answers(v1=500), Verdict.FAIL, "split-off"),
        ("INF-04", "answers", answers(v2=500), Verdict.FAIL, "split-off"),
        ("INF-04", "answers", answers(v1=400, v2=99, s503=1), Verdict.FAIL, "requests-lost"),
        ("INF-04", "answers", answers(v1=8, v2=2), Verdict.INCONCLUSIVE, "requests-not-sent"),
        ("INF-05", "answers", answers(v1=1, v2=99), Verdict.FAIL, "weights-without-effect"),
        ("INF-05", "during", answers(v1=9, v2=10, s503=1), Verdict.FAIL, "errors-on-the-way"),
        ("INF-05", "during", answers(v1=9, v2=10, welcome=1), Verdict.FAIL, "errors-on-the-way"),
        ("INF-05", "during", answers(v1=9, v2=10), Verdict.FAIL, "errors-on-the-way"),
        ("INF-06", "with.openai-project", answers(v1=1, v2=49), Verdict.FAIL, "header-ignored"),
        ("INF-06", "other.x-model-version", answers(v1=49, v2=1), Verdict.FAIL, "header-overmatched"),
        ("INF-06", "without", answers(v2=50), Verdict.FAIL, "header-overmatched"),
        ("INF-06", "without", answers(v1=49, s503=1), Verdict.FAIL, "header-overmatched"),
        ("INF-07", "prompt.conformance-beta", reply("conformance-alpha"), Verdict.FAIL, "model-misrouted"),
        ("INF-07", "prompt.conformance-beta", reply("", status=404), Verdict.FAIL, "model-misrouted"),
        ("INF-07", "unknown", reply("conformance-alpha"), Verdict.FAIL, "unknown-model-answered"),
        ("INF-07", "unknown", reply("", status=503), Verdict.FAIL, "unknown-model-answered"),
        ("INF-07", "stream", stream(0.98), Verdict.FAIL, "stream-held-back"),
        ("INF-07", "stream", stream(0.1, events=1), Verdict.FAIL, "stream-broken"),
        ("INF-07", "stream", reply("", status=404), Verdict.FAIL, "stream-broken"),
        ("INF-07", "stream", lambda _text: "", Verdict.INCONCLUSIVE, "prompts-not-sent"),
        ("INF-08", "answers", answers(pair=94, s503=6), Verdict.FAIL, "requests-lost"),
        ("INF-08", "answers", answers(welcome=100), Verdict.FAIL, "requests-lost"),
        ("INF-08", "answers", answers(s503=100), Verdict.FAIL, "nobody-answers"),
        ("INF-08", "before", answers(s503=1), Verdict.INCONCLUSIVE, "not-routed-before"),
        ("INF-09", "answers", answers(s500=20), Verdict.FAIL, "not-reached"),
        ("INF-09", "answers", answers(v1=20), Verdict.FAIL, "not-reached"),
    ],
)
def test_broken_traffic(*, recorded: Any, identifier: str, fact: str, edit: Edit, verdict: Verdict, reason: str) -> None:
    finding = recorded(identifier).rewritten(fact, edit).judged()
    assert (finding.verdict, finding.reason) == (verdict, reason), finding.sentence


@pytest.mark.parametrize("name", ["answers", "without", "with.openai-project"])
def test_a_client_that_did_not_end_decides_nothing(recorded: Any, name: str) -> None:
    identifier = "INF-04" if name == "answers" else "INF-06"
    assert recorded(identifier).edited(name, lambda fact: fact.update(ended=False)).judged().verdict is Verdict.INCONCLUSIVE


def with_condition(kind: str, **changes: JSON) -> Callable[[JSON], None]:
    """A Gateway's condition says something else."""

    def edited(fact: JSON) -> None:
        for condition in fact["status"]["conditions"]:
            if condition["type"] == kind:
                condition.update(changes)

    return edited


def resolved(**changes: JSON) -> Callable[[JSON], None]:
    """A route's condition ResolvedRefs says something else."""

    def edited(fact: JSON) -> None:
        for condition in fact["status"]["parents"][0]["conditions"]:
            if condition["type"] == "ResolvedRefs":
                condition.update(changes)

    return edited


@pytest.mark.parametrize(
    ("identifier", "fact", "edit", "verdict", "reason"),
    [
        ("INF-01", "crds", lambda crds: crds[0].update(established=False), Verdict.FAIL, "api-not-served"),
        ("INF-01", "crds", lambda crds: crds[2].update(version=""), Verdict.FAIL, "api-not-served"),
        ("INF-01", "crds", lambda crds: crds.pop() and None, Verdict.FAIL, "api-not-served"),
        ("INF-01", "classes", lambda classes: classes.clear(), Verdict.FAIL, "class-not-accepted"),
        ("INF-01", "wanted", lambda _wanted: "another", Verdict.FAIL, "class-not-accepted"),
        ("INF-02", "gateway", with_condition("Accepted", status="False"), Verdict.FAIL, "not-accepted"),
        ("INF-02", "gateway", with_condition("Programmed", status="Unknown"), Verdict.FAIL, "not-programmed"),
        ("INF-02", "gateway", with_condition("Programmed", observedGeneration=0), Verdict.FAIL, "not-programmed"),
        ("INF-02", "gateway", lambda fact: fact["status"].update(addresses=[]), Verdict.FAIL, "no-address"),
        ("INF-02", "site", lambda _fact: {"address": ""}, Verdict.FAIL, "address-silent"),
        ("INF-02", "standing", lambda fact: fact.update(reached=False), Verdict.INCONCLUSIVE, "address-not-tried"),
        ("INF-08", "left", lambda left: left * 2, Verdict.INCONCLUSIVE, "nothing-lost"),
        ("INF-08", "left", lambda left: left.clear(), Verdict.INCONCLUSIVE, "nothing-lost"),
        ("INF-09", "resolved", resolved(status="False", reason="RefNotPermitted"), Verdict.FAIL, "not-reached"),
        ("INF-09", "resolved", resolved(status="Unknown"), Verdict.FAIL, "not-reached"),
        ("INF-09", "resolved", resolved(observedGeneration=0), Verdict.FAIL, "not-reached"),
    ],
)
def test_broken_objects(*, recorded: Any, identifier: str, fact: str, edit: Any, verdict: Verdict, reason: str) -> None:
    finding = recorded(identifier).edited(fact, edit).judged()
    assert (finding.verdict, finding.reason) == (verdict, reason), finding.sentence


def test_a_backend_that_is_missing_is_told_from_one_that_is_not_permitted(recorded: Any) -> None:
    silent = recorded("INF-09").rewritten("answers", answers(s500=20))
    missing = silent.edited("resolved", resolved(status="False", reason="BackendNotFound")).judged()
    refused = silent.edited("resolved", resolved(status="False", reason="RefNotPermitted")).judged()
    assert (missing.reason, refused.reason) == ("reference-unresolved", "backend-refused")
    assert {missing.verdict, refused.verdict} == {Verdict.FAIL}
