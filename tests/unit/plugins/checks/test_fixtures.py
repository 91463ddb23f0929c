# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Six fixtures for every check: good, bad, one with a control that does not flip, truncated, empty, absurd. None may lack."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS
from ansible_collections.ailab.conformance.plugins.module_utils._engine import judge, record
from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import CheckResult
from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import VARIANT, Fact, Seen
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Side, Verdict

JSON = Any
NONSENSE = ("null", [], {}, "", 0, {"status": 200, "body": None}, {"pod": {}}, {"slices": [{}]}, {"changes": [{}]}, {"conditions": []})

_ANSWERS = ("create.", "patch.", "update.", "delete.", "space.", "evict.", "nudge.")
"""Answers to what a check did. What came of it is read back, and that is judged, but for the answers that are the question."""

ANSWERS_DECIDE: Mapping[str, tuple[str, ...]] = {
    "DRA-02": ("create.template", "create.claim", "create.deviceclass"),
    "DRA-10": ("create.claim",),
    "SAA-07": ("create.pod",),
    "RC-04": ("create.sound",),
    "RC-05": ("create.sound", "create.wrong"),
    **{f"RC-{number:02}": ("create.resource",) for number in range(6, 11)},
    "RC-12": ("create.many-",),
}
"""Beginnings of the names of these, by check."""

_STANDING = frozenset({"served", "classes", "knock"})
_REACHED = frozenset({"standing", "site", "gateway", "route.route"})
"""What the checks of traffic stand on is judged by its effect, the answers, except by INF-02, whose question it is."""

BESIDE: Mapping[str, frozenset[str]] = {
    "DRA-01": frozenset({"group"}),
    "DRA-03": frozenset({"devices"}),
    "DRA-04": frozenset({"devices"}),
    "DRA-05": frozenset({"class", "devices"}),
    "DRA-06": frozenset({"devices"}),
    "DRA-07": frozenset({"devices", "pool.first", "pool.second"}),
    "DRA-08": frozenset({"devices", "pool.probe"}),
    "DRA-09": frozenset({"devices", "holders", "released.first"}),
    "SAA-01": frozenset({"places"}),
    "SAA-04": frozenset({"places"}),
    "SAA-05": frozenset({"places"}),
    "SAA-10": frozenset({"places"}),
    "SAA-12": frozenset({"runtime_classes"}),
    "RC-01": frozenset({"webhooks"}),
    "RC-02": frozenset({"operator", "webhooks"}),
    "RC-03": frozenset({"operator"}),
    "RC-05": frozenset({"operator"}),
    "RC-10": frozenset({"gone"}),
    "RC-11": frozenset({"before", "started", "webhooks"}),
    "AM-01": frozenset({"limits", "names"}),
    # Where no slice publishes devices, a device plugin's count has to do; it stands in the settings where a node has no label for it.
    "AM-02": frozenset({"devices", "settings", "slices"}),
    "AM-03": frozenset({"devices", "slices"}),
    # What pods say of their devices is taken into the facts device.*, and which exporters are asked into the fact asked.
    "AM-06": frozenset({"exporters", "exec.first.probe", "released.first"}),
    "AM-07": frozenset({"exporters", "exec.first.probe", "released.first"}),
    "AM-08": frozenset({"exporters", "exec.first.probe", "exec.second.probe", "released.first", "released.second"}),
    # The pod before its loss; who comes is what counts.
    "AM-11": frozenset({"exporter", "exporters"}),
    # By these a workload is named; what is stored of it is what counts.
    "SM-02": frozenset({"mark.server"}),
    "SM-03": frozenset({"mark.server"}),
    "SM-04": frozenset({"mark.server"}),
    "SM-05": frozenset({"mark.server", "released.server"}),
    "SM-06": frozenset({"mark.server", "mark.twin"}),
    "SM-07": frozenset({"mark.server"}),
    "SM-08": frozenset({"mark.server"}),
    # Where no class is asked for by name, any accepted one does.
    "INF-01": frozenset({"wanted"}),
    "INF-02": _STANDING,
    "INF-03": _STANDING | _REACHED | {"first"},
    "INF-04": _STANDING | _REACHED | {"first"},
    "INF-05": _STANDING | _REACHED | {"first"},
    "INF-06": _STANDING | _REACHED | {"first"},
    "INF-07": _STANDING | _REACHED | {"first", "model-gateway"},
    "INF-08": _STANDING | _REACHED | {"deleted.pods"},
    "INF-09": _STANDING | _REACHED | {"first"},
}
"""Facts on which a verdict does not rest: names for sentences, looks that only a refusal needs, what is judged by something else."""

_BESIDE_ALSO = {"INF": ("stands.",), "AM-08": ("scrape.after.",)}
"""Beginnings of the names of such facts, by check or requirement. Of AM-08 the metrics under load are judged."""

DECIDES: Mapping[str, frozenset[str]] = {
    "GANG-01": frozenset({"known", "controllers", "endpoints", "webhooks"}),
    "GANG-02": frozenset({"members", "job.gang", "workloads.gang"}),
    "GANG-03": frozenset({"members", "workloads.gang"}),
    "GANG-04": frozenset({"arena", "members", "workloads.gang"}),
    "GANG-05": frozenset({"sizes", "members", "job.first", "job.second", "workloads.first", "workloads.second"}),
    "GANG-06": frozenset({"arena", "holder", "before", "members", "job.gang", "workloads.gang"}),
    "GANG-07": frozenset({"size", "members", "job.gang", "workloads.gang"}),
    "HPA-01": frozenset({"pipeline", "answer.known", "asked"}),
    "HPA-02": frozenset({"moments", "phase.below"}),
    "HPA-03": frozenset({"moments", "phase.idle", "phase.above", "events"}),
    "HPA-04": frozenset({"moments", "phase.above", "phase.low"}),
    "HPA-05": frozenset({"moments", "phase.idle", "phase.below"}),
    "HPA-06": frozenset({"moments", "phase.high", "phase.lost", "phase.returned"}),
    "HPA-08": frozenset({"judged", "phase.narrow.idle", "answers.narrow", "phase.narrow.loaded", "phase.narrow.low"}),
    "HPA-09": frozenset({"loaded", "phase.second.first", "phase.second.second"}),
    "HPA-10": frozenset({"arena", "phase.app"}),
    "CA-01": frozenset({"status", "world", "resource"}),
    "CA-02": frozenset({"group", "world.before", "baseline"}),
    "CA-03": frozenset({"group", "world.before", "trigger"}),
    "CA-04": frozenset({"group", "world.before", "world.grown", "trigger", "events.trigger", "sizes"}),
    "CA-05": frozenset({"group", "world.before", "world.grown", "trigger", "exec.trigger.member", "exec.baseline-0.member"}),
    "CA-06": frozenset({"group", "world.before", "world.grown", "world.shrunk", "moment"}),
    "CA-07": frozenset({"group", "world.before", "world.grown", "sizes"}),
    "CA-08": frozenset({"group", "world.before", "trigger", "events.trigger", "sizes"}),
    "CA-09": frozenset(
        {"group", "world.before", "world.grown", "world.shrunk", "trigger", "events.trigger", "sizes", "promise.before", "promise.after"}
    ),
    "CA-10": frozenset({"group", "world.before", "world.grown", "world.after"}),
    "INF-10": frozenset({"asked", "ended.absent", "report.absent", "ended.suite", "report"}),
}
"""The same the other way round for checks that share a scenario and look at some of its facts."""

SETTLED: Mapping[str, tuple[str, ...]] = {
    # A refused backend is a failure by itself; the reason that the control is made for needs both halves.
    "INF-09": ("before.", "secured."),
    # Of a pod that got no device there is no pool to be read.
    "DRA-05": ("pool.probe",),
    "DRA-06": ("pool.probe",),
    "SAA-01": ("pool.probe",),
    # One that is missing, or one thing that is allowed, is enough.
    "RC-03": ("list.",),
    "RC-04": ("create.",),
    "SAA-11": ("may.",),
}
"""What a control's failure need not wait for."""

RECORDED = Path(__file__).parent / "recorded"
Sides = Mapping[Side, Seen]


def where(identifier: str) -> str:
    """The state in which a check was recorded whole and well; empty where it was not."""
    return next((state for state in ("good", "scenarios") if (RECORDED / state / f"{identifier}.jsonl").is_file()), "")


@cache
def recording(identifier: str) -> Sides:
    """Both sides of a check on a healthy cluster."""
    path = RECORDED / where(identifier) / f"{identifier}.jsonl"
    return record.parse(path.read_bytes(), where=str(path))


def is_beside(identifier: str, fact: str) -> bool:
    """Whether the verdict does not rest on a fact."""
    if identifier in DECIDES:
        return fact not in DECIDES[identifier]
    also = tuple(start for about, starts in _BESIDE_ALSO.items() if identifier.startswith(about) for start in starts)
    if fact.startswith(_ANSWERS):
        return not fact.startswith(ANSWERS_DECIDE.get(identifier, ()))
    return fact == VARIANT or fact in BESIDE.get(identifier, ()) or fact.startswith(also)


def judged(identifier: str, *, subject: Seen, control: Seen) -> CheckResult:
    """The result of a check."""
    return judge.result(CHECKS[identifier], subject=subject, control=control)


def good(identifier: str, sides: Sides) -> Iterator[str]:
    """A healthy cluster passes, and its control flips."""
    result = judged(identifier, subject=sides[Side.SUBJECT], control=sides[Side.CONTROL])
    if (result.verdict, result.control.flipped) != (Verdict.PASS, True):
        yield f"{result.verdict} ({result.reason}), control {result.control.reason}: {result.sentence}"


def bad(identifier: str, sides: Sides) -> Iterator[str]:
    """A cluster on which the subject goes as the control did fails, for the control's reason."""
    result = judged(identifier, subject=sides[Side.CONTROL], control=sides[Side.CONTROL])
    if (result.verdict, result.reason) != (Verdict.FAIL, CHECKS[identifier].control_reason):
        yield f"{result.verdict} ({result.reason}): {result.sentence}"


def not_flipped(identifier: str, sides: Sides) -> Iterator[str]:
    """A control that goes as well as its subject proves nothing."""
    result = judged(identifier, subject=sides[Side.SUBJECT], control=sides[Side.SUBJECT])
    if (result.verdict, result.reason) != (Verdict.INCONCLUSIVE, "control-did-not-flip"):
        yield f"{result.verdict} ({result.reason}): {result.sentence}"


def truncated(identifier: str, sides: Sides) -> Iterator[str]:
    """A record that ends anywhere decides nothing, unless nothing is missing that decides."""
    for side, seen in sides.items():
        settled = SETTLED.get(identifier, ()) if side is Side.CONTROL else ()
        for length in range(1, len(seen.facts)):
            finding = judge.side(CHECKS[identifier], Seen(seen.facts[:length]))
            missing = {fact.name for fact in seen.facts[length:] if not is_beside(identifier, fact.name)}
            if finding.verdict is Verdict.FAIL:
                missing = {name for name in missing if not name.startswith(settled)}
            if finding.verdict is Verdict.ERROR or (finding.verdict in {Verdict.PASS, Verdict.FAIL} and missing):
                yield f"{side} after {length} facts: {finding.verdict} ({finding.reason}) without {sorted(missing)}"


def empty(identifier: str, _sides: Sides) -> Iterator[str]:
    """Nothing seen is nothing known."""
    finding = judge.side(CHECKS[identifier], Seen())
    if finding.verdict is not Verdict.INCONCLUSIVE:
        yield f"{finding.verdict} ({finding.reason}): {finding.sentence}"


def absurd(identifier: str, sides: Sides) -> Iterator[str]:
    """Nonsense in place of anything that decides never passes."""
    facts = sides[Side.SUBJECT].facts
    deciding = {fact.name for fact in facts if not is_beside(identifier, fact.name)}
    if not deciding:
        yield "no fact decides"
    for name in sorted(deciding):
        for nonsense in NONSENSE:
            finding = judge.side(CHECKS[identifier], replaced(facts, name, nonsense))
            if finding.verdict is Verdict.PASS:
                yield f"passes with {nonsense!r} for {name}"


def replaced(facts: Sequence[Fact], name: str, data: JSON) -> Seen:
    """A record in which all facts of a name say something else."""
    return Seen(replace(fact, data=data) if fact.name == name else fact for fact in facts)


KINDS: Mapping[str, Callable[[str, Sides], Iterator[str]]] = {
    "good": good,
    "bad": bad,
    "control not flipped": not_flipped,
    "truncated": truncated,
    "empty": empty,
    "absurd": absurd,
}


def pairs() -> Iterator[Any]:
    """Every check with every kind."""
    for pair in itertools.product(CHECKS, KINDS):
        yield pytest.param(*pair, id=" ".join(pair))


@pytest.mark.parametrize(("identifier", "kind"), list(pairs()))
def test_every_check_has_every_kind_of_fixture(identifier: str, kind: str) -> None:
    assert where(identifier), f"{identifier} was never recorded: copy its observations.jsonl of a run that passed to {RECORDED.name}/good"
    problems = list(KINDS[kind](identifier, recording(identifier)))
    assert not problems, "\n".join(problems)


def test_what_is_recorded_is_a_check() -> None:
    assert {path.stem for path in RECORDED.glob("*/*.jsonl")} <= set(CHECKS)


@pytest.mark.parametrize("identifier", BESIDE)
def test_no_fact_that_decides_is_declared_beside(identifier: str) -> None:
    facts = recording(identifier)[Side.SUBJECT].facts
    for name in BESIDE[identifier]:
        assert name in {fact.name for fact in facts}, f"{identifier} has no fact {name}"
        verdicts = {judge.side(CHECKS[identifier], replaced(facts, name, nonsense)).verdict for nonsense in NONSENSE}
        assert Verdict.PASS in verdicts, f"{identifier} rests on {name}"


@pytest.mark.parametrize("identifier", DECIDES)
def test_what_decides_is_recorded(identifier: str) -> None:
    assert DECIDES[identifier] <= {fact.name for fact in recording(identifier)[Side.SUBJECT].facts}
