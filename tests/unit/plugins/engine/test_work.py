# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work beside work, on its share of the accelerators."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.leases import Leases, joined
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import NOTHING, Takes, devices, one_at_a_time, whole_node
from ansible_collections.ailab.conformance.plugins.module_utils._engine.work import Work, run_all
from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.stock import Share, Stock

STOCK = Stock(free={Allocator.DRA: {"a": 2}, Allocator.DEVICE_PLUGIN: {}}, chosen=Allocator.DRA)


@pytest.fixture
def leases(tmp_path: Path) -> Iterator[Leases]:
    with joined(tmp_path, name="gpu", measure=lambda: STOCK) as found:
        yield found


def done(works: Sequence[Work], leases: Leases) -> dict[str, BaseException | None]:
    """What each has raised, in the order in which they ended."""
    raised: dict[str, BaseException | None] = {}
    run_all(works, leases, over=raised.__setitem__)
    return raised


def work(name: str, takes: Takes, run: Callable[[Share, Callable[[], bool]], None] = lambda _share, _wanted: None) -> Work:
    return Work(name=name, takes=takes, run=run)


def test_more_than_there_is_is_refused_instead_of_waited_for(leases: Leases) -> None:
    with pytest.raises(ValueError, match="big needs more than"):
        done([work("big", devices(3))], leases)


def test_never_more_at_once_than_there_are(leases: Leases) -> None:
    lock, now, most = threading.Lock(), [0], [0]

    def busy(share: Share, _wanted: object) -> None:
        count = sum(share.nodes.values())
        with lock:
            now[0] += count
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= count

    works = [work(f"w{number}", devices(1 + number % 2), busy) for number in range(12)]
    assert set(done([*works, work("all", whole_node(), busy)], leases).values()) == {None}
    assert most[0] == 2


def test_what_one_raises_is_its_own_affair(leases: Leases) -> None:
    def broken(_share: object, _wanted: object) -> None:
        raise RuntimeError("broken")

    raised = done([work("bad", devices(1), broken), work("good", devices(1))], leases)
    assert isinstance(raised["bad"], RuntimeError)
    assert raised["good"] is None


def test_work_is_told_whether_others_wait(leases: Leases) -> None:
    told: list[bool] = []
    done([work(name, devices(2), lambda _share, wanted: told.append(wanted())) for name in ("one", "two")], leases)
    assert told == [True, False]


def test_of_a_story_only_the_first_takes_and_the_others_come_after_it(leases: Leases) -> None:
    shares: list[tuple[str, int]] = []

    def hear(name: str) -> Callable[[Share, Callable[[], bool]], None]:
        return lambda share, _wanted: shares.append((name, sum(share.nodes.values())))

    works = [work(name, devices(2, story="wave"), hear(name)) for name in ("one", "two", "three")]
    done([*works, work("other", NOTHING)], leases)
    assert shares[0] == ("one", 2)
    assert sorted(shares[1:]) == [("three", 0), ("two", 0)]


def test_one_at_a_time(leases: Leases) -> None:
    inside, most = [0], [0]

    def busy(_share: object, _wanted: object) -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.01)
        inside[0] -= 1

    done([work(f"w{number}", one_at_a_time("queue"), busy) for number in range(4)], leases)
    assert most[0] == 1


def test_the_end_of_one_is_told_while_others_go_on(leases: Leases) -> None:
    told, ended = threading.Event(), list[str]()

    def over(name: str, _problem: object) -> None:
        ended.append(name)
        told.set()

    def patient(_share: object, _wanted: object) -> None:
        assert told.wait(timeout=30)

    run_all([work("long", NOTHING, patient), work("short", NOTHING)], leases, over=over)
    assert ended == ["short", "long"]


def test_who_cannot_be_told_ends_it_after_what_is_under_way(leases: Leases) -> None:
    begun = list[str]()

    def full(name: str, _problem: object) -> None:
        raise OSError(f"no space left for {name}")

    works = [work(name, one_at_a_time("queue"), lambda _share, _wanted, name=name: begun.append(name)) for name in ("one", "two")]
    with pytest.raises(OSError, match="no space left for one"):
        run_all(works, leases, over=full)
    assert begun == ["one"]
