# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as a whole: every file's content, what the linter says about it, and the summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import compare_words, html, junit, moves_words, pages, product_md, product_yaml
from .compare import Comparison, compare
from .lint.finding import Finding, Severity
from .lint.judge import lint
from .order import Order, ReportError, Target
from .product import Product, compose
from .sealed import Evidence
from .table import Row
from .wording import COMPARISON_PAGE, HTML_PAGE, JUNIT_FILE, PRODUCT_FILE, PRODUCT_PAGE, VERSIONS_PAGE, evidence_page


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report that is not written yet.

    Attributes:
        product: the product's answer.
        files: content by path below the report's folder.
        findings: the linter's, about PRODUCT.yaml at its destination.
        comparison: with an earlier run; None where there is none to compare with.
    """

    product: Product
    files: Mapping[str, bytes]
    findings: tuple[Finding, ...]
    comparison: Comparison | None


def make(order: Order, source: Evidence, *, dest: Path, earlier: Evidence | None = None) -> Report:
    """Makes a report.

    Args:
        order: what the caller wants.
        source: the sealed run.
        dest: where the files will lie; nothing is read or written there but evidence that the caller names.
        earlier: a run to compare with.

    Raises:
        ReportError: the run or the caller's words do not carry what was asked for.
    """
    product = compose(order, source)
    comparison = compare(earlier, source) if earlier else None
    files = {name: text.encode() for name, text in _texts(product, comparison)}
    findings = lint(
        dest / PRODUCT_FILE,
        content=files[PRODUCT_FILE].decode(),
        kubernetes_version=order.specification.version,
        planned=frozenset(files),
    )
    errors = [str(finding) for finding in findings if finding.severity is Severity.ERROR]
    if order.target is Target.SUBMISSION and errors:
        raise ReportError(f"the submission would be refused: {'; '.join(errors)}")
    return Report(product=product, files=files, findings=tuple(findings), comparison=comparison)


def summary(product: Product) -> list[Row]:
    """One row for each requirement of the checklist that the run verified."""
    results = (entry.result for entry in product.entries if entry.result)
    return [
        Row(requirement=result.id, verdict=result.verdict, fidelity=result.fidelity, seconds=result.seconds, sentence=result.sentence)
        for result in results
    ]


def _texts(product: Product, comparison: Comparison | None) -> Iterator[tuple[str, str]]:
    yield PRODUCT_FILE, product_yaml.render(product)
    yield PRODUCT_PAGE, product_md.render(product, comparison)
    yield HTML_PAGE, html.render(product, comparison)
    yield VERSIONS_PAGE, moves_words.render(product)
    if comparison:
        yield COMPARISON_PAGE, compare_words.render(product, comparison)
    yield JUNIT_FILE, junit.render(product)
    for entry in product.entries:
        if entry.result:
            yield evidence_page(entry.requirement.id), pages.render(product, entry, entry.result)
