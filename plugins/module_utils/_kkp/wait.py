# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for a state of KKP. Its REST API has no watch, so this is the one place that asks again and again, until a deadline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Clock, Deadline

from .errors import NotReadyInTimeError

T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look(Generic[T]):
    """What one look at KKP gave.

    Attributes:
        value: what was seen.
        lacks: what is missing, as a phrase; empty when everything is as wanted.
    """

    value: T
    lacks: str = ""


def until(look: Callable[[], Look[T]], *, what: str, expected: str, hint: Callable[[], str], clock: Clock, seconds: float) -> T:
    """Looks until nothing is lacking, at growing intervals of at most two seconds.

    Args:
        look: one look.
        what: what is waited for, for the error.
        expected: the wanted state, for the error.
        hint: where to look when time is up; it may ask KKP for events.
        clock: time.
        seconds: until when.

    Raises:
        NotReadyInTimeError: time is up. What the look itself raises is passed on.
    """
    deadline, pause = Deadline(clock=clock, seconds=seconds), _FIRST_PAUSE
    while True:
        seen = look()
        if not seen.lacks:
            return seen.value
        if deadline.passed():
            raise NotReadyInTimeError(what=f"{what}, after {seconds:g} s", found=seen.lacks, expected=expected, look=hint())
        clock.pause(min(pause, deadline.left()))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
