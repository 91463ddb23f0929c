# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time, injected, so that tests decide how it passes."""

from __future__ import annotations

import datetime as dt
import time
from typing import Protocol


class Clock(Protocol):
    """What the collection asks of time."""

    def now(self) -> dt.datetime:
        """The time of day, in UTC."""

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""

    def pause(self, seconds: float) -> None:
        """Lets time pass before a lost server, or one that cannot be watched, is asked again. The cluster's state is watched instead."""


class SystemClock:
    """The machine's time."""

    def now(self) -> dt.datetime:
        """The time of day, in UTC."""
        return dt.datetime.now(tz=dt.UTC)

    def monotonic(self) -> float:
        """Seconds since the machine started, or some other fixed moment."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Blocks this thread."""
        time.sleep(seconds)


def timestamp(moment: dt.datetime) -> str:
    """RFC 3339 in UTC with milliseconds: ``2026-11-22T05:30:00.123Z``."""
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


class Deadline:
    """A moment in the future."""

    def __init__(self, *, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._end = clock.monotonic() + seconds
        self.seconds = seconds

    def left(self) -> float:
        """Seconds until then; 0 when it has passed."""
        return max(0.0, self._end - self._clock.monotonic())

    def passed(self) -> bool:
        """Whether it has passed."""
        return self.left() <= 0
