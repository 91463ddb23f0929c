# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run answers for every version of the checklist, and never claims more than its checks prove."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Fidelity, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._report.answers import Standing, answer
from ansible_collections.ailab.conformance.plugins.module_utils._report.moves import Move, moves, reworded, wishes
from ansible_collections.ailab.conformance.plugins.module_utils._report.moves_words import render
from ansible_collections.ailab.conformance.plugins.module_utils._report.order import Order, Target
from ansible_collections.ailab.conformance.plugins.module_utils._report.product import compose
from ansible_collections.ailab.conformance.plugins.module_utils._report.sealed import Evidence, read
from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader

MakeRun = Callable[..., Path]


def way(source: Evidence, before: str, after: str) -> Move:
    return next(move for move in moves(loader.load(before), source) if move.difference.after == after)


def page(run: Path, version: str = "v1.34") -> str:
    order = Order(specification=loader.load(version), target=Target.REHEARSAL, metadata={}, claims={})
    return render(compose(order, read(run)))


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("v1.34", ["v1.35", "v1.36", "v1.37", "v1.33"]),
        ("v1.33", ["v1.34", "v1.35", "v1.36", "v1.37"]),
        ("v1.37", ["v1.36", "v1.35", "v1.34", "v1.33"]),
    ],
)
def test_every_other_version_is_answered_the_nearest_later_first(make_run: MakeRun, here: str, there: Sequence[str]) -> None:
    assert [move.difference.after for move in moves(loader.load(here), read(make_run()))] == there


@pytest.mark.parametrize(("there", "musts"), [("v1.33", 8), ("v1.35", 9), ("v1.36", 8), ("v1.37", 8)])
def test_a_full_run_proves_every_must_of_every_version(make_full_run: MakeRun, there: str, musts: int) -> None:
    move = way(read(make_full_run()), "v1.34", there)
    assert (move.proven, len(move.musts)) == (musts, musts)


def test_to_1_36_what_is_new_and_what_is_dropped_is_named(make_full_run: MakeRun) -> None:
    move = way(read(make_full_run()), "v1.34", "v1.36")
    assert {step.requirement.id: step.change for step in move.changed} == {
        "driver_runtime_management": "new, SHOULD",
        "gpu_sharing": "new, SHOULD",
        "virtualized_accelerator": "new, SHOULD",
        "advanced_inference_ingress": "new, SHOULD",
        "high_performance_networking": "new, SHOULD",
        "disaggregated_inference": "new, SHOULD",
        "dra_support": "dropped, was MUST",
    }
    assert "dra_support" not in {step.requirement.id for step in move.musts}


def test_a_raised_level_and_an_exchanged_word_are_named(make_full_run: MakeRun) -> None:
    source = read(make_full_run())
    assert {step.requirement.id: step.change for step in way(source, "v1.33", "v1.34").changed} == {"dra_support": "SHOULD → MUST"}
    reworded_in_1_37 = {step.requirement.id: step.change for step in way(source, "v1.36", "v1.37").changed}
    assert reworded_in_1_37 == {"accelerator_metrics": "reworded: “them” became “they”", "workload_sandboxing": "new, SHOULD"}


def test_words_that_were_added_or_taken_are_shown() -> None:
    assert reworded("a b c", "a c") == "“b” became “”"
    assert reworded("a b", "x b y") == "“a” became “x”; “” became “y”"


@pytest.mark.parametrize(
    ("requirement", "standing", "checks"),
    [
        ("driver_runtime_management", Standing.IN_PART, ("DRA-03", "DRA-04", "DRA-05")),
        ("gpu_sharing", Standing.IN_PART, ("DRA-07",)),
        ("advanced_inference_ingress", Standing.OPEN, ()),
        ("virtualized_accelerator", Standing.OPEN, ()),
        ("high_performance_networking", Standing.OPEN, ()),
        ("disaggregated_inference", Standing.OPEN, ()),
        ("workload_sandboxing", Standing.OPEN, ()),
    ],
)
def test_what_a_run_says_of_a_should(make_full_run: MakeRun, requirement: str, standing: Standing, checks: tuple[str, ...]) -> None:
    # INF-07 is optional, and the full run has mandatory checks only.
    found = answer(loader.load("v1.37").get(requirement), read(make_full_run()))
    assert (found.standing, found.checks) == (standing, checks)
    assert found.words.rpartition("Open: ")[2]


def test_a_check_that_failed_shows_nothing(make_run: MakeRun) -> None:
    sharing = loader.load("v1.37").get("gpu_sharing")
    for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.NOT_RUN, Verdict.ERROR):
        found = answer(sharing, read(make_run(verdicts={"DRA-07": verdict})))
        assert (found.standing, found.checks) == (Standing.OPEN, ())
        assert found.words.startswith(f"DRA-07 ({verdict}) does not show that containers and pods")
    assert answer(sharing, read(make_run(checks=["DRA-01"]))).words.startswith("DRA-07 (not in this run) does not show")


def test_a_must_without_its_checks_is_not_proven(make_run: MakeRun) -> None:
    source = read(make_run(checks=["DRA-01"]))
    dra, gang = (answer(loader.load("v1.34").get(name), source) for name in ("dra_support", "gang_scheduling"))
    assert (dra.standing, gang.standing) == (Standing.UNPROVEN, Standing.UNPROVEN)
    assert dra.words.startswith("not fully verified, without a passed check DRA-02")
    assert gang.words == "not verified in this run"


def test_fidelity_is_said_with_every_proof(make_run: MakeRun) -> None:
    dra = loader.load("v1.34").get("dra_support")
    assert answer(dra, read(make_run())).words.endswith("fidelity simulated")
    assert answer(dra, read(make_run(fidelity=Fidelity.REAL))).words.endswith("fidelity real")


def test_every_should_stands_once_with_its_versions(make_run: MakeRun) -> None:
    found = {wish.requirement.id: wish.versions for wish in wishes(read(make_run()))}
    assert found["gpu_sharing"] == ("v1.35", "v1.36", "v1.37")
    assert found["workload_sandboxing"] == ("v1.37",)
    assert found["dra_support"] == ("v1.33",)
    assert len(found) == 8


def test_the_page_answers_what_changes_with_a_move(make_full_run: MakeRun) -> None:
    text = page(make_full_run())
    assert "## What changes if you move to v1.36\n\n**This run proves 8 of its 8 MUST requirements.**" in text
    assert "## What changes if you go back to v1.33" in text
    assert "| gpu_sharing | new, SHOULD | shown in part | DRA-07 | see the last table |" in text
    assert "Metadata: k8sConformanceUrl is in its template." in text
    assert text.index("## Every SHOULD") < text.index("| workload_sandboxing | v1.37 | not covered |")
    assert "REHEARSAL, NOT A SUBMISSION" in text


def test_the_template_may_lack_what_the_validator_requires(make_run: MakeRun) -> None:
    assert "Metadata: k8sConformanceUrl is not in its template, though the validator requires it." in page(make_run(), "v1.35")
