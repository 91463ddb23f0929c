# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words in which the engine concludes."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Verdict(enum.StrEnum):
    """What is known about an assertion (design section 4.2).

    ``pass`` needs a control that was judged a failure for the reason it was made for. ``inconclusive`` means that the evidence does not
    decide, ``not_run`` that a named precondition is missing, ``error`` that the check itself broke.
    """

    PASS = enum.auto()
    FAIL = enum.auto()
    INCONCLUSIVE = enum.auto()
    NOT_RUN = enum.auto()
    ERROR = enum.auto()


class Fidelity(enum.StrEnum):
    """What the evidence was taken from, computed from marks in the evidence itself, never from a setting (rule C6)."""

    REAL = enum.auto()
    PARTIAL = enum.auto()
    SIMULATED = enum.auto()


class Side(enum.StrEnum):
    """The two runs of a check."""

    SUBJECT = enum.auto()
    CONTROL = enum.auto()


class ControlKind(enum.StrEnum):
    """Where a negative control comes from: made on the cluster, or facts that the collection carries."""

    LIVE = enum.auto()
    RECORDED = enum.auto()


@dataclass(frozen=True, slots=True)
class Finding:
    """What an evaluator concludes from the observations of one side.

    Attributes:
        verdict: what is known.
        reason: stable code for machines, in kebab case, e.g. ``claim-unallocated``.
        sentence: one line for people: what, found, expected, where to look.
    """

    verdict: Verdict
    reason: str
    sentence: str
