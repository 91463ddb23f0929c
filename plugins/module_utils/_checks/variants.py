# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried, where a few words say it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A state of the world that is looked at, not made.

    Attributes:
        cluster: the cluster in that state.
    """

    cluster: str


AS_IT_IS = Situation(cluster="as it is")
