# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried, where a few words say it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Which parts of the scenario are compared.

    Attributes:
        before: name of the earlier phase.
        after: name of the later one.
    """

    before: str
    after: str
