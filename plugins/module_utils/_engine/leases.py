# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accelerators shared out among the processes of a run: requirements are proven side by side, each in a process of its own.

One file lists who needs what and who has it. Whoever changes it, under a lock, also decides who comes next, so that nobody has to serve
the others. Every process holds the lock of a file of its own: the kernel lets go of it when the process ends, however it ends, and the
others strike it off the list. Source: flock(2).
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import SystemClock
from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.stock import Share, Stock

from .codec import dump, pretty
from .plan import Request, Takes, decide

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Clock

JSON = Any

LOOK_SECONDS = 0.05
"""How often somebody who waits looks at the list."""

_ALIVE_SECONDS = 1.0
_NUMBERS = itertools.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A line of the list: a participant's file name, and what it needs or has."""

    who: str
    request: Request


class Leases:
    """One participant's part in a share-out. Its threads may use it together.

    Args:
        table: file of the list.
        who: file name of the participant, whose lock it holds.
        stock: what there is to share out.
        at_once: how many pieces of work may go on at the same time in the whole run; 0 for any number.
        clock: for pauses between looks.
    """

    def __init__(self, table: Path, *, who: str, stock: Stock, at_once: int = 0, clock: Clock | None = None) -> None:
        self.stock = stock
        self._at_once = at_once
        self._table = table
        self._who = who
        self._clock: Clock = clock or SystemClock()
        self._looked: tuple[int, int] | None = None
        self._known: Mapping[str, Share] = {}
        self._checked = self._clock.monotonic()

    def ask(self, takes: Mapping[str, Takes]) -> None:
        """Asks for something under names of its own."""
        new = [_Entry(who=self._who, request=Request(id=f"{self._who}/{name}", takes=value)) for name, value in takes.items()]
        self._change(lambda entries: [*entries, *new])

    def give_back(self, name: str) -> None:
        """Gives back what it has under a name, or asks for it no more."""
        mine = f"{self._who}/{name}"
        self._change(lambda entries: [entry for entry in entries if entry.request.id != mine])

    def given(self) -> Mapping[str, Share]:
        """What this participant has now, by name."""
        if self._clock.monotonic() - self._checked > _ALIVE_SECONDS:
            self._checked = self._clock.monotonic()
            self._change(lambda entries: entries)
        try:
            about = self._table.stat()
        except FileNotFoundError:
            return {}
        if (about.st_ino, about.st_mtime_ns) != self._looked:
            mine = (entry.request for entry in _read(self._table, who=self._who))
            self._known = {request.id.removeprefix(f"{self._who}/"): request.share for request in mine if request.share is not None}
            self._looked = (about.st_ino, about.st_mtime_ns)
        return self._known

    def pause(self) -> None:
        """Waits until it makes sense to look again."""
        self._clock.pause(LOOK_SECONDS)

    @contextmanager
    def held(self, takes: Takes) -> Iterator[Share]:
        """Waits for something, has it while inside, and gives it back."""
        name = f"held-{next(_NUMBERS)}"
        self.ask({name: takes})
        try:
            while (share := self.given().get(name)) is None:
                self.pause()
            yield share
        finally:
            self.give_back(name)

    def _change(self, change: Callable[[list[_Entry]], list[_Entry]]) -> None:
        """Changes the list and decides who comes next; the dead are struck off."""
        with _locked(self._table.with_suffix(".lock")):
            before = _read(self._table)
            gone = {who for who in {entry.who for entry in before} - {self._who} if _is_free(self._table.parent / who)}
            entries = change([entry for entry in before if entry.who not in gone])
            given = decide([entry.request for entry in entries], self.stock, at_once=self._at_once)
            after = [
                replace(entry, request=replace(entry.request, share=given.get(entry.request.id, entry.request.share))) for entry in entries
            ]
            if after != before:
                _write(self._table, after)


@contextmanager
def joined(folder: Path, *, name: str, measure: Callable[[], Stock], at_once: int = 0) -> Iterator[Leases]:
    """Takes part in a run's share-out.

    The first who comes counts what is free, before anybody has made anything; who comes while others work takes their count.

    Args:
        folder: of the lists; made when it does not exist.
        name: of the accelerators, where runs have several kinds.
        measure: counts.
        at_once: how many pieces of work may go on at the same time in the whole run; 0 for any number.

    Raises:
        ConformanceError: the cluster cannot be asked.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counted, table = folder / f"{name}.json", folder / f"{name}.table"
    present = _open(folder / f"{name}.present")
    try:
        if _locks(present, fcntl.LOCK_EX | fcntl.LOCK_NB):
            _write(counted, measure())
        fcntl.flock(present, fcntl.LOCK_SH)
        if not counted.exists():
            _write(counted, measure())
        yield from _taking_part(table, stock=_stock(counted), at_once=at_once)
    finally:
        os.close(present)


def _taking_part(table: Path, *, stock: Stock, at_once: int) -> Iterator[Leases]:
    who = f"{table.stem}.{os.getpid()}-{next(_NUMBERS)}"
    mark = table.parent / who
    alive = _open(mark)
    try:
        fcntl.flock(alive, fcntl.LOCK_EX)
        yield Leases(table, who=who, stock=stock, at_once=at_once)
    finally:
        os.close(alive)
        mark.unlink(missing_ok=True)


def _is_free(mark: Path) -> bool:
    """Whether nobody holds a participant's file any more."""
    try:
        file = os.open(mark, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        return _locks(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(file)


def _stock(path: Path) -> Stock:
    found = json.loads(path.read_bytes())
    free = {Allocator(allocator): nodes for allocator, nodes in found["free"].items()}
    plain, accelerated = (tuple(found[name]) for name in ("plain", "accelerated"))
    return Stock(free=free, chosen=Allocator(found["chosen"]), plain=plain, accelerated=accelerated)


def _read(path: Path, *, who: str = "") -> list[_Entry]:
    """The list, or one participant's lines of it."""
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return []
    return [_Entry(who=item["who"], request=_request(item["request"])) for item in found if who in {"", item["who"]}]


def _request(item: JSON) -> Request:
    takes, share = item["takes"], item["share"]
    allocator = Allocator(takes["allocator"]) if takes["allocator"] else None
    return Request(
        id=item["id"],
        takes=Takes(**{**takes, "hosts": tuple(takes["hosts"]), "allocator": allocator}),
        share=None if share is None else Share(nodes=share["nodes"]),
    )


def _write(path: Path, document: object) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}-{next(_NUMBERS)}.draft")
    draft.write_bytes(pretty(dump(document)))
    draft.replace(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    file = _open(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _locks(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    return True
