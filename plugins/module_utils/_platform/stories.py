# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios that several checks look at: played once, seen by all. Adding a node to a cluster for each question about it would be dear."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

Facts = Sequence[Any]
"""Recorded facts, as whoever records them keeps them."""


class Stories:
    """The scenarios of one workspace. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: dict[str, Future[Facts]] = {}

    def told(self, key: str, play: Callable[[], Facts]) -> tuple[Facts, bool]:
        """The facts of a scenario, and whether this caller has played it; others wait until it is over.

        Args:
            key: name of the scenario.
            play: plays it, and returns what was seen.

        Raises:
            Exception: what the scenario raised, to everybody who asks for it.
        """
        with self._lock:
            mine = key not in self._told
            future = self._told.setdefault(key, Future())
        if mine:
            try:
                future.set_result(play())
            except BaseException as problem:
                future.set_exception(problem)
                raise
        return future.result(), mine
