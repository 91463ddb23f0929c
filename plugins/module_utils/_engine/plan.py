# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the sides of checks beside each other on the accelerators that there are."""

from __future__ import annotations

import concurrent.futures
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator

_THREADS = 16

Amounts = Mapping[Allocator, int]
"""Accelerators by who gives them out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Takes:
    """What a piece of work needs of the accelerators while it runs.

    Attributes:
        most: how many it would use.
        least: how many it cannot do without.
        all: whether nobody else may use any, of whatever allocator.
        alone: whether nothing else of the whole run may go on beside it, because it disturbs what others rest on.
        allocator: who gives them out; None for the one that the run has chosen.
        seconds: how long it typically runs; only for the order, so that a long one does not start last.
        first: whether the others rest on it; it starts before them, so that a platform that is broken there is found out there.
    """

    most: int = 0
    least: int = 0
    all: bool = False
    alone: bool = False
    allocator: Allocator | None = None
    seconds: float = 0.0
    first: bool = False

    def of(self, total: Amounts, *, chosen: Allocator) -> Amounts:
        """How many it gets where there are so many; nothing is left out."""
        if self.all:
            return {allocator: count for allocator, count in total.items() if count}
        count = min(self.most, total.get(self.allocator or chosen, 0))
        return {self.allocator or chosen: count} if count else {}

    def possible(self, total: Amounts, *, chosen: Allocator) -> bool:
        """Whether there are enough."""
        return self.least <= total.get(self.allocator or chosen, 0)


NOTHING = Takes()
"""Runs whatever else runs."""


def devices(
    count: int, *, least: int | None = None, allocator: Allocator | None = None, seconds: float = 5.0, first: bool = False
) -> Takes:
    """So many accelerators, or at least so many."""
    return Takes(most=count, least=count if least is None else least, allocator=allocator, seconds=seconds, first=first)


def every(*, least: int = 1, allocator: Allocator | None = None, seconds: float = 5.0) -> Takes:
    """All accelerators of one allocator, at least so many: for what needs several on one node, whichever it is."""
    return Takes(most=sys.maxsize, least=least, allocator=allocator, seconds=seconds)


def exclusive(*, least: int = 1, allocator: Allocator | None = None, seconds: float = 5.0) -> Takes:
    """All accelerators, of whatever allocator; at least so many of its own."""
    return Takes(least=least, all=True, allocator=allocator, seconds=seconds)


def alone(*, seconds: float = 5.0) -> Takes:
    """No accelerators, but nothing else of the run at the same time."""
    return Takes(alone=True, seconds=seconds)


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


def startable(waiting: Sequence[Work], *, free: Amounts, total: Amounts, chosen: Allocator) -> list[Work]:
    """What can start now. Pure.

    What takes nothing always can. Of the rest, what others rest on comes first, then the widest, then the longest; nothing overtakes
    what waits for the same accelerators, or the widest would wait until the end. Only beside something that others rest on, something
    short may run.

    Args:
        waiting: not yet started.
        free: accelerators that no running work has.
        total: accelerators in all.
        chosen: allocator of the work that does not care.
    """
    left = dict(free)

    def wants(work: Work) -> Amounts:
        return work.takes.of(total, chosen=chosen)

    def width(work: Work) -> int:
        return sum(wants(work).values())

    selected = [work for work in waiting if not wants(work)]
    queue = sorted((work for work in waiting if wants(work)), key=lambda work: (not work.takes.first, -width(work), -work.takes.seconds))
    closed, passed = set[Allocator](), list[Work]()
    for work in queue:
        wanted = wants(work)
        if closed.isdisjoint(wanted) and all(count <= left.get(allocator, 0) for allocator, count in wanted.items()):
            selected.append(work)
            left.update({allocator: left[allocator] - count for allocator, count in wanted.items()})
        else:
            closed.update(wanted)
            passed.append(work)
    if any(work.takes.first for work in selected):
        beside = [work for work in passed if all(count <= left.get(allocator, 0) for allocator, count in wants(work).items())]
        selected += sorted(beside, key=lambda work: work.takes.seconds)[:1]
    return selected


def run_all(works: Sequence[Work], *, total: Amounts, chosen: Allocator) -> dict[str, BaseException | None]:
    """Runs everything that these accelerators allow, and waits for it.

    Args:
        works: what to run. What needs more than there is must not be among them.
        total: accelerators that may be used.
        chosen: allocator of the work that does not care.

    Returns:
        By name: what it raised, or None.

    Raises:
        ValueError: a piece of work needs more than there is, and would wait for ever.
    """
    impossible = [work.name for work in works if not work.takes.possible(total, chosen=chosen)]
    if impossible:
        raise ValueError(f"{impossible[0]} needs more than the {sum(total.values())} accelerators that may be used")
    waiting, running = list(works), dict[concurrent.futures.Future[None], Work]()
    raised: dict[str, BaseException | None] = {}
    with concurrent.futures.ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="check") as pool:
        while waiting or running:
            free = {
                allocator: count - sum(work.takes.of(total, chosen=chosen).get(allocator, 0) for work in running.values())
                for allocator, count in total.items()
            }
            for work in startable(waiting, free=free, total=total, chosen=chosen):
                waiting.remove(work)
                running[pool.submit(work.run, lambda: bool(waiting))] = work
            done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            raised |= {running.pop(future).name: future.exception() for future in done}
    return raised
