# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One year from the merge, also over the end of a February."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._report.certificate import (
    RENEW_DAYS,
    Certificate,
    MergedError,
    read,
    sentence,
)
from ansible_collections.ailab.conformance.plugins.module_utils._report.lint.finding import Severity
from ansible_collections.ailab.conformance.plugins.module_utils._report.lint.validity import check
from ansible_collections.ailab.conformance.plugins.module_utils._report.sealed import read as read_run


@pytest.mark.parametrize(
    ("merged", "expires"),
    [
        ("2025-11-01", "2026-11-01"),
        ("2025-12-31", "2026-12-31"),
        ("2026-01-01", "2027-01-01"),
        ("2027-02-28", "2028-02-28"),
        ("2027-03-01", "2028-03-01"),
        ("2028-02-28", "2029-02-28"),
        ("2028-02-29", "2029-02-28"),
    ],
)
def test_a_certificate_lasts_one_year(merged: str, expires: str) -> None:
    assert str(read(merged).expires) == expires


@pytest.mark.parametrize(
    "text", ["", "2025-11", "2025-11-31", "2025-02-29", "20251101", "2025-W44-6", "01.11.2025", "2025-11-01T00:00", "9999-01-01"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(MergedError, match="expected the day of the merge as YYYY-MM-DD"):
        read(text)


@pytest.mark.parametrize(("today", "left"), [("2025-11-01", 365), ("2026-10-31", 1), ("2026-11-01", 0), ("2026-11-02", -1)])
def test_days_are_counted_to_the_first_day_without_it(today: str, left: int) -> None:
    assert read("2025-11-01").days_left(date.fromisoformat(today)) == left


@pytest.mark.parametrize(
    ("left", "severity", "found"),
    [
        (RENEW_DAYS + 1, None, ""),
        (RENEW_DAYS, Severity.WARNING, "certified until 2026-11-01: 90 days left"),
        (1, Severity.WARNING, "1 day left"),
        (0, Severity.ERROR, "it ends today"),
        (-1, Severity.ERROR, "it ended 1 day ago"),
    ],
)
def test_the_linter_warns_in_time_and_fails_from_the_end_on(left: int, severity: Severity | None, found: str) -> None:
    certificate = Certificate(date(2025, 11, 1))
    findings = list(check(Path("v1.34/works/PRODUCT.yaml"), certificate, today=certificate.expires - timedelta(days=left)))
    assert [finding.severity for finding in findings] == ([severity] if severity else [])
    assert all(finding.rule == "V1" and found in finding.found for finding in findings)


@pytest.mark.parametrize(
    ("merged", "words"),
    [
        ("2025-11-23", "1 day after this run."),
        ("2025-11-22", "the day of this run."),
        ("2025-11-01", "21 days before this run."),
    ],
)
def test_a_report_measures_from_its_run(make_run: Callable[..., Path], merged: str, words: str) -> None:
    text = sentence(read(merged), read_run(make_run()).run)
    assert text.startswith(f"Merged on {merged}, certified until 2026-11-")
    assert "(terms of the programme, 5.1: one year from the merge), " in text
    assert text.endswith(words)
