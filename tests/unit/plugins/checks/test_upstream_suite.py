# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conformance suite of Gateway API: its report and its output, as they are, and as a broken platform or program would have them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference import upstream_program, upstream_report
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference.settings import OPTIONS, InferenceSettings
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference.upstream_suite import UpstreamSuite
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._engine import judge
from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Fact, Seen
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import NOTHING
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Side, Verdict

from .playing import defaults

JSON = Any

CHECK = UpstreamSuite()
CONTROLLER = "gateway.example.org/controller"
TESTS = ("GatewayInvalidRouteKind", "HTTPRouteCrossNamespace", "HTTPRouteSimpleSameNamespace")
EXTENDED = "HTTPRouteRequestMirror"


def profile(
    *, name: str = "GATEWAY-HTTP", failed: tuple[str, ...] = (), skipped: tuple[str, ...] = (), passed: int = len(TESTS)
) -> dict[str, JSON]:
    """A profile's part of a report."""
    result = "failure" if failed else "partial" if skipped else "success"
    statistics = {"Failed": len(failed), "Passed": passed, "Skipped": len(skipped)}
    lists = {"failedTests": list(failed), "skippedTests": list(skipped)}
    core = {"result": result, "statistics": statistics, **{key: value for key, value in lists.items() if value}}
    return {"name": name, "summary": "Core tests.", "core": core}


def report(*profiles: JSON, **changes: JSON) -> dict[str, JSON]:
    """A ConformanceReport."""
    fields = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "ConformanceReport",
        "date": "2026-11-22T15:00:00Z",
        "gatewayAPIChannel": "standard",
        "gatewayAPIVersion": "v1.4.1",
        "implementation": {"organization": CONTROLLER, "project": CONTROLLER, "url": "-", "version": "-", "contact": ["-"]},
        "mode": "default",
        "profiles": list(profiles or (profile(),)),
    }
    return {**fields, **changes}


def output(document: JSON, *, passed: tuple[str, ...] = TESTS, failed: tuple[str, ...] = ()) -> str:
    """What the suite writes, as ``testing`` indents it."""
    lines = [
        "=== RUN   TestConformance",
        "    conformance.go:131: Running conformance tests with:",
        "    apply.go:262: Creating a Namespace",
    ]
    logged = yaml.safe_dump(document).replace("\n", "\n        ")
    lines += [f"    conformance.go:168: Conformance report:\n        {logged}", "    apply.go:286: Deleting a Namespace"]
    lines += ["--- FAIL: TestConformance (61.05s)" if failed else "--- PASS: TestConformance (61.05s)"]
    for outcome, names in (("PASS", passed), ("FAIL", failed)):
        lines += [
            f"    --- {outcome}: TestConformance/{name} (1.02s)\n        --- {outcome}: TestConformance/{name}/inner (1.00s)"
            for name in names
        ]
    return "\n".join([*lines, "FAIL" if failed else "PASS", ""])


def ended(*, exit_code: int | None = 0, passed: tuple[str, ...] = TESTS, failed: tuple[str, ...] = ()) -> dict[str, JSON]:
    """The fact about a run that has ended."""
    tests = {"PASS": list(passed), "FAIL": list(failed), "SKIP": []}
    return {"exit_code": exit_code, "waited": 61.3, "limit": 3600.0, "arguments": [], "tests": tests, "trouble": ["Error: a word"]}


def facts(**changes: JSON) -> dict[str, JSON]:
    """What is recorded of a run of the suite in which all is well."""
    asked = {"class": "lab", "project": CONTROLLER, "version": "v1.4.1", "channel": "standard", "test": "", "source": "pod"}
    found = {
        "asked": asked,
        "ended.absent": ended(exit_code=1, passed=()),
        "report.absent": None,
        "ended.suite": ended(),
        "report": report(),
    }
    return {**found, **changes}


def attached(document: JSON, **changes: JSON) -> dict[str, JSON]:
    """What is recorded of a report that somebody attached."""
    return {"asked": {**facts()["asked"], "source": "file", **changes}, "report": document}


def seen(found: dict[str, JSON]) -> Seen:
    return Seen([Fact(name=name, at="2026-11-22T15:00:00Z", data=data, request=None) for name, data in found.items()])


def judged(found: dict[str, JSON]) -> tuple[Verdict, str]:
    finding = judge.side(CHECK, seen(found))
    return finding.verdict, finding.reason


def own(**options: JSON) -> InferenceSettings:
    return InferenceSettings(**defaults(OPTIONS, **options))


@pytest.mark.parametrize("found", [facts(), attached(report())], ids=["run", "attached"])
def test_a_suite_that_succeeded_passes_and_its_control_flips(found: dict[str, JSON]) -> None:
    subject = seen(found)
    control = seen(dict(CHECK.recorded(subject)))
    result = judge.result(CHECK, subject=subject, control=control)
    assert (result.verdict, result.reason, result.control.flipped) == (Verdict.PASS, "suite-succeeded", True), result.sentence
    assert "HTTPRouteSimpleSameNamespace" in result.control.sentence
    assert subject.last("report")["profiles"][0]["core"]["statistics"]["Failed"] == 0, "the subject's own facts were changed"


BROKEN: dict[str, tuple[JSON, Verdict, str]] = {
    "a core test failed": (report(profile(failed=TESTS[:1], passed=2)), Verdict.FAIL, "core-tests-failed"),
    "a test failed, and the result says success": (
        report({**profile(), "core": {**profile()["core"], "failedTests": ["HTTPRouteWeight"]}}),
        Verdict.FAIL,
        "core-tests-failed",
    ),
    "failed and partial": (report(profile(failed=TESTS[:1], skipped=TESTS[1:], passed=0)), Verdict.FAIL, "core-tests-failed"),
    "partial": (report(profile(skipped=TESTS[1:], passed=1)), Verdict.INCONCLUSIVE, "partial"),
    "skipped, and the result says success": (
        report({**profile(), "core": {**profile()["core"], "skippedTests": ["HTTPRouteWeight"]}}),
        Verdict.INCONCLUSIVE,
        "partial",
    ),
    "nothing passed": (report(profile(passed=0)), Verdict.INCONCLUSIVE, "nothing-passed"),
    "another result": (report({**profile(), "core": {**profile()["core"], "result": "fine"}}), Verdict.INCONCLUSIVE, "nothing-passed"),
    "another profile": (report(profile(name="GATEWAY-TLS")), Verdict.INCONCLUSIVE, "profile-missing"),
    "a mesh's profile beside": (report(profile(), profile(name="MESH-HTTP", failed=("A",))), Verdict.PASS, "suite-succeeded"),
    "the profile twice": (report(profile(), profile()), Verdict.INCONCLUSIVE, "profile-missing"),
    "no profile": (report(profiles=[]), Verdict.INCONCLUSIVE, "profile-missing"),
    "profiles of nonsense": (report(profiles=[None, 1, "GATEWAY-HTTP"]), Verdict.INCONCLUSIVE, "profile-missing"),
    "a profile without numbers": (report({"name": "GATEWAY-HTTP", "core": {"result": "success"}}), Verdict.INCONCLUSIVE, "profile-missing"),
    "numbers that are words": (
        report({**profile(), "core": {"result": "success", "statistics": {"Failed": "0", "Passed": "33", "Skipped": "0"}}}),
        Verdict.INCONCLUSIVE,
        "profile-missing",
    ),
    "negative numbers": (
        report({**profile(), "core": {"result": "success", "statistics": {"Failed": -1, "Passed": 33, "Skipped": 0}}}),
        Verdict.INCONCLUSIVE,
        "profile-missing",
    ),
    "another version": (report(gatewayAPIVersion="v1.3.0"), Verdict.INCONCLUSIVE, "report-of-another"),
    "mixed CRDs": (report(gatewayAPIVersion="UNDEFINED", gatewayAPIChannel="UNDEFINED"), Verdict.INCONCLUSIVE, "report-of-another"),
    "another channel": (report(gatewayAPIChannel="experimental"), Verdict.INCONCLUSIVE, "report-of-another"),
    "another mode": (report(mode="ambient"), Verdict.INCONCLUSIVE, "report-of-another"),
    "another implementation": (report(implementation={"project": "other"}), Verdict.INCONCLUSIVE, "report-of-another"),
    "no implementation": (report(implementation=None), Verdict.INCONCLUSIVE, "report-of-another"),
    "an older kind": (report(apiVersion="gateway.networking.k8s.io/v1alpha1"), Verdict.INCONCLUSIVE, "no-report"),
    "another kind": (report(kind="Gateway"), Verdict.INCONCLUSIVE, "no-report"),
    "none": (None, Verdict.INCONCLUSIVE, "no-report"),
    "a list": ([report()], Verdict.INCONCLUSIVE, "no-report"),
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("source", ["run", "attached"])
def test_a_report_that_says_something_else(case: str, source: str) -> None:
    document, verdict, reason = BROKEN[case]
    assert judged(facts(report=document) if source == "run" else attached(document)) == (verdict, reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        # A program that says success without asking the cluster would say so for a class that does not exist, too.
        ({"ended.absent": ended(exit_code=0, passed=())}, "suite-cannot-fail"),
        ({"report.absent": report()}, "suite-cannot-fail"),
        ({"ended.absent": ended(exit_code=1, passed=TESTS[:1])}, "suite-cannot-fail"),
        ({"ended.absent": ended(exit_code=None)}, "suite-not-ended"),
        ({"ended.absent": None}, "suite-not-ended"),
        ({"ended.suite": ended(exit_code=None), "report": None}, "suite-not-ended"),
        ({"ended.suite": {"exit_code": 0}}, "suite-not-ended"),
        # `-test.run` leaves tests out, and the report counts them as passed.
        ({"ended.suite": ended(passed=TESTS[:1])}, "counted-not-run"),
        ({"ended.suite": ended(passed=())}, "counted-not-run"),
        ({"ended.suite": ended(exit_code=1, failed=("HTTPRouteWeight",))}, "failure-not-reported"),
        ({"ended.suite": ended(exit_code=1)}, "ended-badly"),
        ({"ended.suite": ended(exit_code=1, passed=()), "report": None}, "no-report"),
        ({"asked": {**facts()["asked"], "test": TESTS[0]}}, "partial"),
        ({"asked": {**facts()["asked"], "version": ""}}, "not-asked"),
        ({"asked": {}}, "not-asked"),
    ],
)
def test_a_run_whose_word_is_worth_nothing_decides_nothing(changes: dict[str, JSON], reason: str) -> None:
    assert judged(facts(**changes)) == (Verdict.INCONCLUSIVE, reason)


def test_features_beyond_the_core_are_told_and_do_not_count() -> None:
    beyond = {"result": "failure", "statistics": {"Failed": 1, "Passed": 0, "Skipped": 0}, "failedTests": [EXTENDED]}
    document = report({**profile(), "extended": beyond})
    finding = judge.side(CHECK, seen(facts(**{"ended.suite": ended(exit_code=1, failed=(EXTENDED,)), "report": document})))
    assert (finding.verdict, finding.reason) == (Verdict.PASS, "suite-succeeded")
    assert EXTENDED in finding.sentence


def test_a_record_that_ends_anywhere_decides_nothing() -> None:
    whole = seen(facts())
    for length in range(len(whole.facts)):
        assert judge.side(CHECK, Seen(whole.facts[:length])).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("name", ["asked", "ended.absent", "report.absent", "ended.suite", "report"])
@pytest.mark.parametrize("nonsense", ["null", [], {}, "", 0, {"tests": [], "exit_code": 1}, {"profiles": {}}])
def test_nonsense_never_passes(name: str, nonsense: JSON) -> None:
    assert judged(facts(**{name: nonsense}))[0] is Verdict.INCONCLUSIVE


def test_a_control_without_a_report_is_as_it_was() -> None:
    assert dict(CHECK.recorded(seen(facts(report=None)))) == facts(report=None)


@pytest.mark.parametrize("failed", [(), TESTS[:1]])
def test_the_report_is_found_in_what_the_suite_writes(failed: tuple[str, ...]) -> None:
    document = report(profile(failed=failed))
    text = output(document, failed=failed)
    assert upstream_report.in_log(text) == document
    assert upstream_report.outcomes(text) == {"PASS": list(TESTS), "FAIL": list(failed), "SKIP": []}


def test_the_last_report_counts() -> None:
    assert upstream_report.in_log(output(report(mode="old")) + output(report())) == report()


def test_other_objects_in_the_output_are_none() -> None:
    route = "        apiVersion: gateway.networking.k8s.io/v1\n        kind: HTTPRoute\n"
    assert upstream_report.in_log(output(report()) + route) == report()
    assert upstream_report.in_log(route) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=== RUN   TestConformance\nnothing",
        "    conformance.go:168: Conformance report:\n        apiVersion: gateway.networking.k8s.io/v1\n        kind: [\n",
    ],
)
def test_an_output_without_a_report_has_none(text: str) -> None:
    assert not upstream_report.is_report(upstream_report.in_log(text))


def test_a_report_that_was_cut_off_is_no_success() -> None:
    text = output(report())
    for length in range(0, text.index("Deleting"), 7):
        found = upstream_report.in_log(text[:length])
        if judged(facts(report=found))[0] is not Verdict.INCONCLUSIVE:
            assert found["profiles"][0]["core"] == profile()["core"]


@pytest.mark.parametrize("text", ["a: [", "- a", "", "date: 2026-11-22T15:00:00Z"])
def test_a_file_holds_a_document_or_none(text: str) -> None:
    found = upstream_report.in_file(text)
    assert found is None or found == {"date": "2026-11-22 15:00:00+00:00"}


def test_trouble_is_the_words_of_an_error_or_the_last_ones() -> None:
    assert upstream_report.trouble("a\n    \tError:      \tReceived unexpected error:\nb\n") == ["Error:      \tReceived unexpected error:"]
    assert upstream_report.trouble("a\n\nb\n", lines=1) == ["b"]
    assert upstream_report.trouble("") == []


def test_wide_rights_are_asked_for_only_where_the_suite_is_to_run() -> None:
    def verbs(settings: object) -> set[str]:
        return {str(right) for right in CHECK.needs_with(settings).all_rights()}

    assert verbs(None) == verbs(own()) == verbs(own(conformance_report="a.yml"))
    more = verbs(own(conformance_suite_image="suite")) - verbs(own())
    assert {"create secrets", "create clusterroles.rbac.authorization.k8s.io", "delete gateways.gateway.networking.k8s.io"} <= more
    assert not {right for right in verbs(own()) if right.startswith(("create", "delete", "update", "patch"))}


def test_the_suite_has_the_cluster_to_itself() -> None:
    assert CHECK.takes_with(Side.SUBJECT, own(conformance_suite_image="suite")).alone
    assert CHECK.takes_with(Side.SUBJECT, own()) == NOTHING


def test_a_run_and_a_report_are_not_asked_for_together() -> None:
    with pytest.raises(ConformanceError, match="conformance_report"):
        own(conformance_suite_image="suite", conformance_report="a.yml")


def test_the_account_of_the_suite_is_given_what_the_run_has() -> None:
    given = {(right.kind.group, right.resource, right.verb) for right in upstream_program.ITS_RIGHTS}
    held = {(right.kind.group, right.resource, right.verb) for right in upstream_program.RUNNING.all_rights()}
    assert given <= held
    assert not [verb for _, _, verb in given if verb in {"escalate", "bind", "impersonate", "*"}]


def test_reports_are_not_changed_in_place() -> None:
    document = report()
    before = copy.deepcopy(document)
    assert upstream_report.with_failure(document, test="A") != before
    assert document == before
