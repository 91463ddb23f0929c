# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs pieces of work beside each other, each as soon as it has its share of the accelerators."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._platform.stock import NO_SHARE, Share

from .leases import LOOK_SECONDS, Leases

if TYPE_CHECKING:
    from .plan import Takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A piece of work.

    Attributes:
        name: for the caller, unique.
        takes: what it needs.
        run: does it. It is given its share, and a question: whether other work waits, so that what it has is wanted back soon.
    """

    name: str
    takes: Takes
    run: Callable[[Share, Callable[[], bool]], None]


def run_all(works: Sequence[Work], leases: Leases, *, over: Callable[[str, BaseException | None], None]) -> None:
    """Runs everything, and waits for it.

    Of a story, the first piece of work takes what it needs; the others run when it has been told, and need nothing.

    Args:
        works: what to run. What needs more than there is must not be among them.
        leases: the share-out in which this process takes part.
        over: is told of a piece of work that has ended, by name, and what it raised, or None; never of two at once. What it raises itself
            ends this, once what is under way has ended.

    Raises:
        ValueError: a piece of work needs more than there is, and would wait for ever.
    """
    impossible = [work.name for work in works if not work.takes.possible(leases.stock)]
    if impossible:
        raise ValueError(f"{impossible[0]} needs more than the accelerators that may be used")
    _Running(works, leases, over).to_the_end()


class _Running:
    """The work of this process, waiting and under way."""

    def __init__(self, works: Sequence[Work], leases: Leases, over: Callable[[str, BaseException | None], None]) -> None:
        self._leases = leases
        self._over = over
        self._waiting: dict[str, Work] = {}
        self._listeners: dict[str, list[Work]] = {}
        self._not_begun = {work.name for work in works}
        self._under_way: dict[concurrent.futures.Future[None], Work] = {}
        tellers: dict[str, str] = {}
        for work in works:
            teller = tellers.setdefault(work.takes.story or work.name, work.name)
            if teller == work.name:
                self._waiting[work.name] = work
            else:
                self._listeners.setdefault(teller, []).append(work)

    def to_the_end(self) -> None:
        """Starts what has its share, until all have run."""
        self._leases.ask({name: work.takes for name, work in self._waiting.items()})
        with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, len(self._not_begun)), thread_name_prefix="check") as pool:
            while self._waiting or self._under_way:
                given = self._leases.given()
                for name in given.keys() & self._waiting.keys():
                    self._begin(pool, self._waiting.pop(name), given[name])
                self._end(pool)

    def _begin(self, pool: concurrent.futures.Executor, work: Work, share: Share) -> None:
        self._not_begun.discard(work.name)
        self._under_way[pool.submit(work.run, share, lambda: bool(self._not_begun))] = work

    def _end(self, pool: concurrent.futures.Executor) -> None:
        """Waits a moment for something to end, and lets those begin who waited to hear of it."""
        if not self._under_way:
            self._leases.pause()
        done, _ = concurrent.futures.wait(self._under_way, timeout=LOOK_SECONDS, return_when=concurrent.futures.FIRST_COMPLETED)
        for future in done:
            work = self._under_way.pop(future)
            self._leases.give_back(work.name)
            for other in self._listeners.pop(work.name, ()):
                self._begin(pool, other, NO_SHARE)
            self._over(work.name, future.exception())
