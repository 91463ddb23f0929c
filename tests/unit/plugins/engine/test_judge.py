# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the engine that no check may forget."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine import judge
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import CheckResult, ObjectRef
from ansible_collections.ailab.conformance.plugins.module_utils._engine.inputs import CleanUp
from ansible_collections.ailab.conformance.plugins.module_utils._engine.judge import Requirement
from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import ERROR, PRECONDITION, Seen
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Fidelity, Finding, Side, Verdict

ABOUT = Requirement(id="r", category="c", level="MUST")
NAMESPACE = ObjectRef(kind="Namespace", namespace="", name="left", uid="u")
FLIPPED = Finding(Verdict.FAIL, "expected", "as it must")
GOOD = Finding(Verdict.PASS, "good", "as it should")


@dataclass(frozen=True, slots=True)
class Word:
    text: str


class Said(Check[Word]):
    """Its evaluator says what the observation tells it to say."""

    id = "X-01"
    requirement = "r"
    title = "t"
    asks = "Does it?"
    broken_looks_like = "It does not."
    sources = ("a test",)
    subject = Word("subject")
    control = Word("control")
    control_reason = "expected"

    def observe(self, bench: Any, variant: Word, /) -> None:
        raise NotImplementedError

    def evaluate(self, seen: Seen) -> Finding:
        said = seen.last("said")
        return Finding(Verdict(said["verdict"]), said["reason"], said["sentence"])


def said(finding: Finding) -> Seen:
    fact = {"verdict": finding.verdict.value, "reason": finding.reason, "sentence": finding.sentence}
    return Seen.of([("variant", {}), ("said", fact)], at="2026-11-22T05:30:00.000Z")


def concluded(subject: Finding, control: Finding) -> CheckResult:
    return judge.result(Said(), subject=said(subject), control=said(control))


def test_a_pass_needs_a_control_that_fails_for_its_reason() -> None:
    result = concluded(GOOD, FLIPPED)
    assert (result.verdict, result.reason, result.control.flipped) == (Verdict.PASS, "good", True)


@pytest.mark.parametrize(
    "control",
    [GOOD, Finding(Verdict.FAIL, "other", ""), Finding(Verdict.INCONCLUSIVE, "expected", ""), Finding(Verdict.NOT_RUN, "expected", "")],
)
def test_a_control_that_does_not_flip_makes_a_pass_inconclusive(control: Finding) -> None:
    result = concluded(GOOD, control)
    assert (result.verdict, result.reason, result.control.flipped) == (Verdict.INCONCLUSIVE, "control-did-not-flip", False)


def test_a_control_that_broke_is_an_error() -> None:
    assert concluded(GOOD, Finding(Verdict.ERROR, "unreachable", "gone")).verdict is Verdict.ERROR


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.PASS])
@pytest.mark.parametrize("control", [GOOD, FLIPPED, Finding(Verdict.ERROR, "e", "")])
def test_a_subject_that_did_not_pass_stays_so_whatever_the_control(verdict: Verdict, control: Finding) -> None:
    assert concluded(Finding(verdict, "why", "s"), control).verdict is verdict


def test_no_combination_passes_without_a_flipped_control() -> None:
    findings = [Finding(verdict, reason, "") for verdict, reason in itertools.product(Verdict, ("expected", "good", ""))]
    for subject, control in itertools.product(findings, findings):
        if concluded(subject, control).verdict is Verdict.PASS:
            assert (control.verdict, control.reason) == (Verdict.FAIL, "expected")


def test_no_observation_at_all_is_an_error_of_the_check() -> None:
    result = judge.result(Said(), subject=Seen(), control=Seen())
    assert (result.verdict, result.reason) == (Verdict.ERROR, "observations-unreadable")


def test_what_broke_comes_before_what_the_evaluator_would_say() -> None:
    seen = said(GOOD)
    broken = Seen([*seen.facts, *Seen.of([(ERROR, {"reason": "unreachable", "sentence": "gone"})]).facts])
    assert judge.side(Said(), broken).verdict is Verdict.ERROR
    missing = Seen([*seen.facts, *Seen.of([(PRECONDITION, {"reason": "free-device", "sentence": "none"})]).facts])
    assert judge.side(Said(), missing) == Finding(Verdict.NOT_RUN, "free-device", "none")


def check(verdict: Verdict, *, mandatory: bool = True, identifier: str = "X-01") -> CheckResult:
    known = concluded(GOOD, FLIPPED)
    changed = {"id": identifier, "verdict": verdict, "reason": f"because-{verdict}", "mandatory": mandatory}
    return CheckResult(**{**{name: getattr(known, name) for name in CheckResult.__slots__}, **changed})


def requirement(*results: CheckResult, clean_up: CleanUp | None = None) -> tuple[Verdict, str]:
    found = judge.requirement(ABOUT, results, clean_up or CleanUp())
    return found.verdict, found.reason


def test_a_requirement_passes_when_all_mandatory_checks_do() -> None:
    assert requirement(check(Verdict.PASS), check(Verdict.FAIL, mandatory=False)) == (Verdict.PASS, "all-passed")


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.PASS])
def test_one_mandatory_check_that_does_not_pass_decides(verdict: Verdict) -> None:
    assert requirement(check(Verdict.PASS), check(verdict)) == (verdict, f"because-{verdict}")


def test_the_gravest_verdict_counts_in_the_documented_order() -> None:
    order = [Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.NOT_RUN, Verdict.PASS]
    for position, verdict in enumerate(order):
        for milder in order[position:]:
            assert requirement(check(milder), check(verdict))[0] is verdict


def test_what_is_left_behind_is_a_failure_of_its_own() -> None:
    assert requirement(check(Verdict.PASS), clean_up=CleanUp(leaked=(NAMESPACE,))) == (Verdict.FAIL, "cleanup")
    assert requirement(check(Verdict.ERROR), clean_up=CleanUp(leaked=(NAMESPACE,))) == (Verdict.FAIL, "cleanup")


def test_a_clean_up_that_could_not_be_seen_is_an_error() -> None:
    assert requirement(check(Verdict.PASS), clean_up=CleanUp(leaked=(NAMESPACE,), problem="gone")) == (Verdict.ERROR, "cleanup-unverified")


def test_no_checks_are_no_pass() -> None:
    assert requirement() == (Verdict.NOT_RUN, "no-checks")
    assert requirement(check(Verdict.PASS, mandatory=False)) == (Verdict.NOT_RUN, "no-checks")


def test_withheld_checks_leave_a_requirement_undecided_unless_one_fails() -> None:
    assert judge.requirement(ABOUT, [check(Verdict.PASS)], CleanUp(), withheld=["X-02"]).verdict is Verdict.NOT_RUN
    assert judge.requirement(ABOUT, [check(Verdict.FAIL)], CleanUp(), withheld=["X-02"]).verdict is Verdict.FAIL


def test_optional_checks_that_did_not_pass_are_named() -> None:
    found = judge.requirement(ABOUT, [check(Verdict.PASS), check(Verdict.NOT_RUN, mandatory=False, identifier="X-02")], CleanUp())
    assert "X-02 not_run (because-not_run)" in found.sentence


def test_the_requirement_is_as_faithful_as_its_least_check() -> None:
    real, made_up = check(Verdict.PASS), check(Verdict.PASS)
    simulated = CheckResult(**{**{name: getattr(made_up, name) for name in CheckResult.__slots__}, "fidelity": Fidelity.SIMULATED})
    assert judge.requirement(ABOUT, [real, simulated], CleanUp()).fidelity is Fidelity.SIMULATED


def test_sides_have_their_variants() -> None:
    result = concluded(GOOD, FLIPPED)
    assert (result.subject.variant, result.control.variant) == ({"text": "subject"}, {"text": "control"})
    assert Said().variant(Side.CONTROL) == Word("control")


def test_what_could_not_be_restored_and_what_could_not_be_compared_is_not_clean() -> None:
    unverified = (Verdict.ERROR, "cleanup-unverified")
    assert requirement(check(Verdict.PASS), clean_up=CleanUp(problem="HTTP 403")) == unverified
    assert requirement(check(Verdict.PASS), clean_up=CleanUp(doubts=("a kind could not be compared",))) == unverified
    assert requirement(check(Verdict.FAIL), clean_up=CleanUp(doubts=("a kind could not be compared",))) == (Verdict.FAIL, "because-fail")
