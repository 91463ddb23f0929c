# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the sides of checks beside each other on the accelerators that there are."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_THREADS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Takes:
    """What a piece of work needs of the accelerators while it runs.

    Attributes:
        most: how many it would use.
        least: how many it cannot do without.
        all: whether nobody else may use any.
        seconds: how long it typically runs; only for the order, so that a long one does not start last.
        first: whether the others rest on it; it starts before them, so that a platform that is broken there is found out there.
    """

    most: int = 0
    least: int = 0
    all: bool = False
    seconds: float = 0.0
    first: bool = False

    def of(self, total: int) -> int:
        """How many it gets where there are so many."""
        return total if self.all else min(self.most, total)


NOTHING = Takes()
"""Runs whatever else runs."""


def devices(count: int, *, least: int | None = None, seconds: float = 5.0, first: bool = False) -> Takes:
    """So many accelerators, or at least so many."""
    return Takes(most=count, least=count if least is None else least, seconds=seconds, first=first)


def exclusive(*, seconds: float = 5.0) -> Takes:
    """All accelerators, at least one."""
    return Takes(least=1, all=True, seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A piece of work.

    Attributes:
        name: for the caller.
        takes: what it needs.
        run: does it. It is given a question: whether other work waits for what it takes, so that it has to be given back soon.
    """

    name: str
    takes: Takes
    run: Callable[[Callable[[], bool]], None]


def startable(waiting: Sequence[Work], *, free: int, total: int) -> list[Work]:
    """What can start now. Pure.

    What takes nothing always can. Of the rest, what others rest on comes first, then the widest, then the longest; nothing overtakes
    what waits for its turn, or the widest would wait until the end. Only beside something that others rest on, something short may run.

    Args:
        waiting: not yet started.
        free: accelerators that no running work has.
        total: accelerators in all.
    """

    def width(work: Work) -> int:
        return work.takes.of(total)

    chosen = [work for work in waiting if not width(work)]
    queue = sorted((work for work in waiting if width(work)), key=lambda work: (not work.takes.first, -width(work), -work.takes.seconds))
    while queue and width(queue[0]) <= free:
        free -= width(queue[0])
        chosen.append(queue.pop(0))
    if any(work.takes.first for work in chosen):
        beside = [work for work in queue if width(work) <= free]
        chosen += sorted(beside, key=lambda work: work.takes.seconds)[:1]
    return chosen


def run_all(works: Sequence[Work], *, total: int) -> dict[str, BaseException | None]:
    """Runs everything that these accelerators allow, and waits for it.

    Args:
        works: what to run. What needs more than there is must not be among them.
        total: accelerators that may be used.

    Returns:
        By name: what it raised, or None.

    Raises:
        ValueError: a piece of work needs more than there is, and would wait for ever.
    """
    impossible = [work.name for work in works if work.takes.least > total]
    if impossible:
        raise ValueError(f"{impossible[0]} needs more than the {total} accelerators that may be used")
    waiting, running = list(works), dict[concurrent.futures.Future[None], Work]()
    raised: dict[str, BaseException | None] = {}
    with concurrent.futures.ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="check") as pool:
        while waiting or running:
            taken = sum(work.takes.of(total) for work in running.values())
            for work in startable(waiting, free=total - taken, total=total):
                waiting.remove(work)
                running[pool.submit(work.run, lambda: bool(waiting))] = work
            done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            raised |= {running.pop(future).name: future.exception() for future in done}
    return raised
