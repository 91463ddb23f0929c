# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as a whole: its files, its JUnit, its page for people, and when it refuses."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.parsers import expat

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import ObjectRef
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Fidelity, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._report.lint.artifacts import is_reserved
from ansible_collections.ailab.conformance.plugins.module_utils._report.order import Claim, Order, ReportError, Target
from ansible_collections.ailab.conformance.plugins.module_utils._report.report import Report, make, summary
from ansible_collections.ailab.conformance.plugins.module_utils._report.sealed import read
from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader
from markdown_it import MarkdownIt

MakeRun = Callable[..., Path]


def report(
    run: Path,
    *,
    version: str = "v1.34",
    target: Target = Target.REHEARSAL,
    metadata: dict[str, str] | None = None,
    earlier: Path | None = None,
) -> Report:
    claims = {"dra_support": Claim(layer="the platform", evidence=("https://works.dev/dra",))} if version < "v1.36" else {}
    order = Order(specification=loader.load(version), target=target, metadata=metadata or {}, claims=claims)
    return make(order, read(run), dest=Path("/nonexistent/v1.34/works"), earlier=read(earlier) if earlier else None)


def xml(content: bytes) -> list[tuple[str, dict[str, str]]]:
    elements: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: elements.append((name, attributes))
    parser.ParseFile(io.BytesIO(content))
    return elements


def cases(run: Path) -> list[tuple[str, dict[str, str]]]:
    return xml(report(run).files["ailab-conformance.junit.xml"])


def test_the_files_of_a_report(make_run: MakeRun) -> None:
    files = report(make_run()).files
    assert list(files) == [
        "PRODUCT.yaml",
        "PRODUCT.md",
        "index.html",
        "versions.md",
        "ailab-conformance.junit.xml",
        "evidence/dra_support.md",
    ]
    assert not any(is_reserved(Path(name).name) for name in files)


def test_the_same_run_gives_the_same_bytes(make_run: MakeRun) -> None:
    assert report(make_run()).files == report(make_run()).files


def test_a_rehearsals_findings_are_told_and_do_not_stop_it(make_run: MakeRun) -> None:
    assert {"R1", "A3", "A9"} <= {finding.rule for finding in report(make_run()).findings}
    assert "A11" not in {finding.rule for finding in report(make_run()).findings}


def test_a_submission_with_unmet_musts_is_refused_before_anything_is_written(make_run: MakeRun) -> None:
    metadata = {
        "platform_name": "Works Platform",
        "platform_version": "2.29",
        "vendor_name": "Example Works",
        "website_url": "https://works.dev",
        "documentation_url": "https://works.dev/docs",
        "product_logo_url": "https://works.dev/logo.png",
        "description": "Runs AI workloads.",
        "contact_email_address": "team@works.dev",
        "k8s_conformance_url": "https://github.com/cncf/k8s-conformance/tree/master/v1.34/works",
    }
    with pytest.raises(ReportError, match="the submission would be refused") as refused:
        report(make_run(fidelity=Fidelity.REAL), target=Target.SUBMISSION, metadata=metadata)
    assert "error C1 metadata.productLogoUrl" in str(refused.value)
    assert "error A9 spec.operator.robust_controller" in str(refused.value)
    assert "spec.accelerators.dra_support" not in str(refused.value)


def test_junit_has_one_case_for_each_check(make_run: MakeRun) -> None:
    elements = cases(make_run())
    names = [attributes["name"] for name, attributes in elements if name == "testcase"]
    assert [name.split()[0] for name in names] == ["DRA-01", "DRA-02", "DRA-03", "DRA-04", "DRA-05", "DRA-06", "DRA-07", "DRA-09"]
    assert dict(elements)["testsuites"] == {
        "name": "ailab.conformance",
        "time": "12.500",
        "tests": "8",
        "failures": "0",
        "errors": "0",
        "skipped": "0",
    }


@pytest.mark.parametrize(
    ("verdict", "tag", "counter"),
    [
        (Verdict.FAIL, "failure", "failures"),
        (Verdict.INCONCLUSIVE, "failure", "failures"),
        (Verdict.ERROR, "error", "errors"),
        (Verdict.NOT_RUN, "skipped", "skipped"),
    ],
)
def test_junit_never_shows_an_undecided_check_green(make_run: MakeRun, verdict: Verdict, tag: str, counter: str) -> None:
    elements = cases(make_run(verdicts={"DRA-05": verdict}))
    assert dict(elements)["testsuite"][counter] == "1"
    assert [attributes["type"] for name, attributes in elements if name == tag] == [f"{verdict}: uuid-differs"]


def test_junit_shows_a_failed_clean_up_although_every_check_passed(make_run: MakeRun) -> None:
    elements = cases(make_run(leaked=(ObjectRef(kind="Pod", namespace="lab", name="probe", uid="u"),)))
    assert dict(elements)["testsuite"]["failures"] == "1"
    assert dict(elements)["failure"]["message"] == "left behind: Pod lab/probe"


def test_junit_holds_no_word_that_turns_a_verdict(make_run: MakeRun) -> None:
    text = report(make_run(verdicts={"DRA-05": Verdict.FAIL})).files["ailab-conformance.junit.xml"].decode()
    assert "EXPECTED FAILURE" not in text
    assert "TOGGLE RESULT" not in text


@pytest.mark.parametrize("words", ["]]><failure/>", '"/><testcase name="x"/>', "\x00\x1b[2J", "<!DOCTYPE a>"])
def test_junit_stays_well_formed(make_run: MakeRun, words: str) -> None:
    hostile = cases(make_run(words=words, verdicts={"DRA-05": Verdict.FAIL}))
    assert [name for name, _ in hostile] == [name for name, _ in cases(make_run(verdicts={"DRA-05": Verdict.FAIL}))]


def test_product_md_has_every_requirement_and_what_comes_next(make_run: MakeRun) -> None:
    text = report(make_run()).files["PRODUCT.md"].decode()
    assert text.startswith("# AI conformance: an unnamed product, v1.34\n\n> **REHEARSAL, NOT A SUBMISSION")
    assert all(f"### {requirement.id}\n" in text for requirement in loader.load("v1.34").requirements)
    assert "[evidence/dra_support.md](evidence/dra_support.md), <https://works.dev/dra>" in text
    assert "## What v1.35 will ask\n\n- driver_runtime_management is new (SHOULD)\n- gpu_sharing is new (SHOULD)\n" in text
    assert "will ask" not in report(make_run(), version="v1.37").files["PRODUCT.md"].decode()


@pytest.mark.parametrize("words", ["<script>x</script>", "a | b\n\n# c", "![x](http://tracker.invalid/p.png)"])
def test_product_md_is_deaf_to_the_cluster(make_run: MakeRun, words: str) -> None:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")

    def structure(run: Path) -> list[str]:
        tokens = [token for block in parser.parse(report(run).files["PRODUCT.md"].decode()) for token in (block, *(block.children or ()))]
        return [token.type for token in tokens if token.type not in {"text", "text_special", "code_inline"}]

    assert structure(make_run(words=words)) == structure(make_run())


@pytest.mark.parametrize("words", ["<script>x</script>", "a | b\n\n# c", "![x](http://tracker.invalid/p.png)", "17. x", "</details>"])
def test_the_comparison_is_deaf_to_the_cluster(make_run: MakeRun, words: str) -> None:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")

    def structure(said: str) -> list[str]:
        now, before = (
            make_run(words=said, verdicts={"DRA-05": Verdict.FAIL}),
            make_run(words=said, server=said, checks=["DRA-05", "DRA-06"]),
        )
        text = report(now, earlier=before).files["comparison.md"].decode()
        tokens = [token for block in parser.parse(text) for token in (block, *(block.children or ()))]
        return [token.type for token in tokens if token.type not in {"text", "text_special", "code_inline"}]

    assert structure(words) == structure("gpu-0")


def test_an_earlier_run_adds_its_page_and_its_link(make_run: MakeRun) -> None:
    run, before = make_run(), make_run(verdicts={"DRA-05": Verdict.FAIL})
    alone, compared = report(run), report(run, earlier=before)
    assert set(compared.files) - set(alone.files) == {"comparison.md"}
    assert compared.files == report(run, earlier=before).files
    assert b"[comparison.md](comparison.md)" in compared.files["PRODUCT.md"]
    assert b"comparison.md" not in alone.files["PRODUCT.md"]
    assert compared.files["PRODUCT.yaml"] == alone.files["PRODUCT.yaml"]
    assert compared.comparison is not None
    assert compared.comparison.better == ("dra_support",)


def test_the_summary_has_a_row_for_each_verified_requirement(make_run: MakeRun) -> None:
    (row,) = summary(report(make_run()).product)
    facts: tuple[Any, ...] = (row.requirement, row.verdict, row.fidelity, row.seconds)
    assert facts == ("dra_support", "pass", "simulated", 12.5)
