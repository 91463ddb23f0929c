# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a certificate lasts: one year from the merge of the submission.

Source: cncf/k8s-ai-conformance, terms-conditions/Certified_AI_Platform.md, section 5.1. It does not say what a year from the 29th of
February is; the earlier of the two readings is taken, the 28th, because to renew a day early costs nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import Run

TERMS = "terms of the programme, 5.1"
RENEW_DAYS = 90
"""When to begin with the next one. A review is said to take 10 business days, and kOps' (pull request 77) took 74 days."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class MergedError(ValueError):
    """The text is no date."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate by the day on which its submission was merged."""

    merged: date

    @property
    def expires(self) -> date:
        """The first day without it."""
        try:
            return self.merged.replace(year=self.merged.year + 1)
        except ValueError:
            return self.merged.replace(year=self.merged.year + 1, day=28)

    def days_left(self, on: date) -> int:
        """Days from one day to the expiry; 0 on the day itself, negative after it."""
        return (self.expires - on).days


def read(text: str) -> Certificate:
    """A certificate by its date of merge, as ``YYYY-MM-DD``.

    Raises:
        MergedError: the text is no such date, or the year after it cannot be written.
    """
    try:
        found = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None or found.year == date.max.year:
        raise MergedError(f"merged is {text!r}, expected the day of the merge as YYYY-MM-DD, like 2025-11-01")
    return Certificate(found)


def days(number: int) -> str:
    """A number of days in words."""
    return "1 day" if number == 1 else f"{number} days"


def sentence(certificate: Certificate, run: Run) -> str:
    """The certificate beside a run, in words; measured from the run, so that one run has one report."""
    basis = f"Merged on {certificate.merged}, certified until {certificate.expires} ({TERMS}: one year from the merge)"
    try:
        left = certificate.days_left(date.fromisoformat(run.finished[:10]))
    except ValueError:
        return f"{basis}."
    when = f"{days(left)} after this run" if left > 0 else "the day of this run" if left == 0 else f"{days(-left)} before this run"
    return f"{basis}, {when}."
