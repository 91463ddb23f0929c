# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work beside work, never on more accelerators than there are."""

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import (
    NOTHING,
    Takes,
    Work,
    devices,
    exclusive,
    run_all,
    startable,
)
from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator

DRA, PLUGIN = Allocator.DRA, Allocator.DEVICE_PLUGIN


def nothing(_wanted: object) -> None:
    """Does nothing."""


def started(waiting: list[Work], *, free: int, total: int) -> list[Work]:
    return startable(waiting, free={DRA: free}, total={DRA: total}, chosen=DRA)


def work(name: str, takes: Takes) -> Work:
    return Work(name=name, takes=takes, run=nothing)


def test_the_widest_and_the_longest_start_first() -> None:
    waiting = [work("short", devices(1, seconds=2)), work("wide", devices(2)), work("long", devices(1, seconds=9)), work("free", NOTHING)]
    assert [item.name for item in started(waiting, free=2, total=2)] == ["free", "wide"]
    assert [item.name for item in started(waiting[:1] + waiting[2:], free=2, total=2)] == ["free", "long", "short"]


def test_nothing_overtakes_the_widest() -> None:
    waiting = [work("wide", devices(2)), work("narrow", devices(1)), work("free", NOTHING)]
    assert [item.name for item in started(waiting, free=1, total=2)] == ["free"]


def test_what_others_rest_on_starts_before_them_with_something_short_beside_it() -> None:
    waiting = [
        work("wide", devices(2)),
        work("long", devices(1, seconds=9)),
        work("short", devices(1, seconds=1)),
        work("basis", devices(1, seconds=6, first=True)),
    ]
    assert [item.name for item in started(waiting, free=2, total=2)] == ["basis", "short"]
    assert [item.name for item in started(waiting, free=1, total=1)] == ["basis"]


def test_what_would_use_two_makes_do_with_one() -> None:
    assert devices(2, least=1).of({DRA: 1}, chosen=DRA) == {DRA: 1}
    assert [item.name for item in started([work("wide", devices(2, least=1))], free=1, total=1)] == ["wide"]


def test_exclusive_work_has_everything_to_itself() -> None:
    assert started([work("alone", exclusive())], free=3, total=4) == []
    assert [item.name for item in started([work("alone", exclusive()), work("one", devices(1))], free=4, total=4)] == ["alone"]


def test_work_that_needs_nothing_does_not_wait() -> None:
    assert [item.name for item in started([work("free", NOTHING)], free=0, total=0)] == ["free"]


def test_more_than_there_is_is_refused_instead_of_waited_for() -> None:
    with pytest.raises(ValueError, match="big needs more than the 1"):
        run_all([work("big", devices(2))], total={DRA: 1}, chosen=DRA)


def test_never_more_at_once_than_there_are() -> None:
    lock, now, most = threading.Lock(), [0], [0]

    def busy(count: int) -> object:
        def run(_wanted: object) -> None:
            with lock:
                now[0] += count
                most[0] = max(most[0], now[0])
            time.sleep(0.01)
            with lock:
                now[0] -= count

        return run

    works = [Work(name=f"w{number}", takes=devices(1 + number % 2), run=busy(1 + number % 2)) for number in range(12)]
    assert set(run_all(works, total={DRA: 2}, chosen=DRA).values()) == {None}
    assert most[0] == 2


def test_what_one_raises_is_its_own_affair() -> None:
    def broken(_wanted: object) -> None:
        raise RuntimeError("broken")

    raised = run_all([Work(name="bad", takes=devices(1), run=broken), work("good", devices(1))], total={DRA: 1}, chosen=DRA)
    assert isinstance(raised["bad"], RuntimeError)
    assert raised["good"] is None


def test_work_is_told_whether_others_wait() -> None:
    told = []
    works = [Work(name=name, takes=devices(1), run=lambda wanted: told.append(wanted())) for name in ("one", "two")]
    run_all(works, total={DRA: 1}, chosen=DRA)
    assert told == [True, False]


def test_work_on_one_allocators_devices_does_not_wait_for_the_others() -> None:
    waiting = [work("claims", devices(2)), work("counts", devices(1, allocator=PLUGIN)), work("more claims", devices(1))]
    found = startable(waiting, free={DRA: 1, PLUGIN: 1}, total={DRA: 2, PLUGIN: 1}, chosen=DRA)
    assert [item.name for item in found] == ["counts"]


def test_exclusive_work_takes_both_allocators_devices() -> None:
    assert exclusive().of({DRA: 2, PLUGIN: 1}, chosen=DRA) == {DRA: 2, PLUGIN: 1}
    assert startable([work("alone", exclusive())], free={DRA: 2, PLUGIN: 0}, total={DRA: 2, PLUGIN: 1}, chosen=DRA) == []


def test_too_little_of_its_own_allocator_is_too_little() -> None:
    assert not devices(1, allocator=PLUGIN).possible({DRA: 2, PLUGIN: 0}, chosen=DRA)
    assert devices(1).possible({DRA: 0, PLUGIN: 1}, chosen=PLUGIN)
