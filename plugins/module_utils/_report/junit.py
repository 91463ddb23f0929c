# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JUnit XML for continuous integration: a suite for each verified requirement, a test case for each check.

A check that does not decide must not look green: ``inconclusive`` is a failure here, ``error`` an error, and only ``not_run`` is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import CheckResult, RequirementResult
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict

from . import excerpt
from .judgement import server_version
from .markup import Element, Node, el, xml_document
from .product import Product

_OUTCOMES = {Verdict.FAIL: "failure", Verdict.INCONCLUSIVE: "failure", Verdict.ERROR: "error", Verdict.NOT_RUN: "skipped"}


def render(product: Product) -> str:
    """The file's text."""
    results = [entry.result for entry in product.entries if entry.result]
    suites = [_suite(product, result) for result in results]
    seconds = sum(result.seconds for result in results)
    return xml_document(el("testsuites", *_lines(suites), name="ailab.conformance", time=f"{seconds:.3f}", **_counts(_cases(suites))))


def _suite(product: Product, result: RequirementResult) -> Element:
    run = product.source.run
    cases = [_case(check.result) for check in product.source.of(result)]
    if result.leaked:
        cases.append(_leak(result))
    facts = {
        "run_id": run.run_id,
        "verdict": result.verdict,
        "fidelity": result.fidelity,
        "rehearsal": product.rehearsal or "no",
        "kubernetes": server_version(product.source),
        "manifest_sha256": product.source.manifest_sha256,
    }
    properties = el("properties", *(el("property", name=name, value=value) for name, value in facts.items()))
    return el(
        "testsuite", *_lines([properties, *cases]), name=result.id, timestamp=run.started, time=f"{result.seconds:.3f}", **_counts(cases)
    )


def _case(check: CheckResult) -> Element:
    children = []
    if check.verdict in _OUTCOMES:
        control = f"{check.control.verdict} ({check.control.reason}), {excerpt.control_outcome(check.control)}"
        text = f"asked: {check.asks}\nseen: {check.sentence}\nhad it been broken: {check.broken_looks_like}\ncontrol: {control}\n"
        children.append(el(_OUTCOMES[check.verdict], text, type=f"{check.verdict}: {check.reason}", message=check.sentence))
    return el("testcase", *children, classname=check.requirement, name=f"{check.id} {check.title}", time=f"{check.seconds:.3f}")


def _leak(result: RequirementResult) -> Element:
    """A case of its own, only where the clean-up failed: the checks may all have passed."""
    names = ", ".join(f"{ref.kind} {ref.namespace}/{ref.name}" for ref in result.leaked)
    failure = el("failure", names, type="fail: cleanup", message=f"left behind: {names}")
    return el("testcase", failure, classname=result.id, name="clean-up", time="0.000")


def _counts(cases: Sequence[Element]) -> dict[str, str]:
    outcomes = [child.tag for case in cases for child in case.children if isinstance(child, Element)]
    return {
        "tests": str(len(cases)),
        "failures": str(outcomes.count("failure")),
        "errors": str(outcomes.count("error")),
        "skipped": str(outcomes.count("skipped")),
    }


def _lines(elements: Sequence[Element]) -> Iterator[Node]:
    """The elements, each on a line of its own."""
    yield "\n"
    for element in elements:
        yield element
        yield "\n"


def _cases(suites: Sequence[Element]) -> list[Element]:
    def inside() -> Iterator[Element]:
        for suite in suites:
            yield from (child for child in suite.children if isinstance(child, Element) and child.tag == "testcase")

    return list(inside())
