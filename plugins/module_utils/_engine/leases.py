# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accelerators shared out among the processes of a run: requirements are proven side by side, each in a process of its own.

One file stands for each accelerator, and who holds its lock has it. The kernel lets go of a lock when its process ends, however it ends,
so nothing has to be repaired. Who needs several waits for them behind one gate, in order of arrival, so that two can never wait for each
other. A further lock is held by everybody while working, and alone by who must not be disturbed. Source: flock(2).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.stock import Stock

from .codec import dump, pretty

if TYPE_CHECKING:
    from .plan import Amounts, Takes

FOLDER = "leases"


class Leases:
    """The share-out of one run. Threads and processes may share its folder.

    Args:
        folder: where the locks lie.
        stock: what there is to share out.
    """

    def __init__(self, folder: Path, *, stock: Stock) -> None:
        self.stock = stock
        self._folder = folder

    @contextmanager
    def held(self, takes: Takes) -> Iterator[None]:
        """Waits for accelerators, has them while inside, and gives them back."""
        with contextlib.ExitStack() as having:
            with contextlib.ExitStack() as gate:
                amounts = takes.of(self.stock.free, chosen=self.stock.chosen)
                if amounts or takes.alone:
                    gate.enter_context(self._locked("gate", fcntl.LOCK_EX))
                self._take(amounts, having)
                having.enter_context(self._locked("working", fcntl.LOCK_EX if takes.alone else fcntl.LOCK_SH))
            yield

    def _take(self, amounts: Amounts, having: contextlib.ExitStack) -> None:
        for allocator, count in amounts.items():
            missing, busy = count, list[str]()
            for slot in (f"{allocator}-{number}" for number in range(self.stock.free[allocator])):
                if missing and self._tried(slot, having):
                    missing -= 1
                else:
                    busy.append(slot)
            # Which of those that others have is given back first cannot be known; all of them are.
            for slot in busy[:missing]:
                having.enter_context(self._locked(slot, fcntl.LOCK_EX))

    def _tried(self, slot: str, having: contextlib.ExitStack) -> bool:
        """Takes a slot if it is free."""
        file = _open(self._folder / slot)
        if _locks(file, fcntl.LOCK_EX | fcntl.LOCK_NB):
            having.callback(os.close, file)
            return True
        os.close(file)
        return False

    @contextmanager
    def _locked(self, name: str, how: int) -> Iterator[None]:
        file = _open(self._folder / name)
        try:
            fcntl.flock(file, how)
            yield
        finally:
            os.close(file)


@contextmanager
def joined(folder: Path, *, name: str, measure: Callable[[], Stock]) -> Iterator[Leases]:
    """Takes part in a run's share-out.

    The first who comes counts what is free, before anybody has made anything; who comes while others work takes their count.

    Args:
        folder: of the locks; made when it does not exist.
        name: of the accelerators, where runs have several kinds.
        measure: counts.

    Raises:
        ConformanceError: the cluster cannot be asked.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counted = folder / f"{name}.json"

    def count() -> None:
        draft = folder / f"{name}.{os.getpid()}.draft"
        draft.write_bytes(pretty(dump(measure())))
        draft.replace(counted)

    present = _open(folder / f"{name}.present")
    try:
        if _locks(present, fcntl.LOCK_EX | fcntl.LOCK_NB):
            count()
        fcntl.flock(present, fcntl.LOCK_SH)
        if not counted.exists():
            count()
        yield Leases(folder, stock=_stock(counted))
    finally:
        os.close(present)


def _stock(path: Path) -> Stock:
    found = json.loads(path.read_bytes())
    return Stock(free={Allocator(key): int(value) for key, value in found["free"].items()}, chosen=Allocator(found["chosen"]))


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _locks(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    return True
