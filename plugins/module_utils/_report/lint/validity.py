# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the certificate that a merged file stands for still holds: rule V1."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from ansible_collections.ailab.conformance.plugins.module_utils._report.certificate import RENEW_DAYS, Certificate, days

from .finding import Finding, Severity


def check(path: Path, certificate: Certificate, *, today: date) -> Iterator[Finding]:
    """An error from the day of expiry on, a warning when it is time to begin with the next submission.

    Args:
        path: the file that was merged.
        certificate: by the day of the merge.
        today: the day to judge by.
    """
    left = certificate.days_left(today)
    if left > RENEW_DAYS:
        return
    severity = Severity.WARNING if left > 0 else Severity.ERROR
    found = f"a merge on {certificate.merged}, certified until {certificate.expires}: "
    found += f"{days(left)} left" if left > 0 else "it ends today" if left == 0 else f"it ended {days(-left)} ago"
    expected = f"a new submission, merged before {certificate.expires}" if left > 0 else "a new submission, merged within the last year"
    yield Finding(rule="V1", severity=severity, path=str(path), line=None, where="the certificate", found=found, expected=expected)
