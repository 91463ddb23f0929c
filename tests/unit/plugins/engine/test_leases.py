# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of one run share out the accelerators; a killed one gives back what it had."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.leases import Leases, joined
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import (
    NOTHING,
    Takes,
    alone,
    devices,
    one_at_a_time,
    whole_node,
)
from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.stock import Stock

DRA, PLUGIN = Allocator.DRA, Allocator.DEVICE_PLUGIN
STOCK = Stock(free={DRA: {"a": 2}, PLUGIN: {"b": 1}}, chosen=DRA)
PROCESSES = multiprocessing.get_context("fork")


@contextmanager
def part(folder: Path) -> Iterator[Leases]:
    with joined(folder, name="gpu", measure=lambda: STOCK) as leases:
        yield leases


def hold(folder: Path, takes: Takes, having: Event, *, forever: bool = True) -> None:
    with part(folder) as leases, leases.held(takes):
        having.set()
        if forever:
            signal.pause()


@contextmanager
def held_elsewhere(folder: Path, takes: Takes) -> Iterator[int]:
    """Another process that has something, and is killed in the end."""
    having = PROCESSES.Event()
    process = PROCESSES.Process(target=hold, args=(folder, takes, having), daemon=True)
    process.start()
    assert having.wait(5)
    yield process.pid or 0
    process.kill()
    process.join()


def waits(folder: Path, takes: Takes) -> bool:
    """Whether something would have to wait now; it gives up at once."""
    having = PROCESSES.Event()
    process = PROCESSES.Process(target=hold, args=(folder, takes, having), kwargs={"forever": False}, daemon=True)
    process.start()
    got = having.wait(1)
    process.kill()
    process.join()
    return not got


@pytest.mark.parametrize(
    ("held", "wanted", "must_wait"),
    [
        (devices(1), devices(1), False),
        (devices(1), devices(2), True),
        (devices(2), devices(1, allocator=PLUGIN), False),
        (devices(1), whole_node(), True),
        (whole_node(), devices(1), True),
        (whole_node(), NOTHING, False),
        (Takes(hosts=("b",), allocator=PLUGIN), devices(1, allocator=PLUGIN), True),
        (one_at_a_time("queue"), one_at_a_time("queue"), True),
        (one_at_a_time("queue"), one_at_a_time("groups"), False),
        (alone(), NOTHING, True),
        (alone(), devices(1), True),
        (NOTHING, alone(), True),
        (devices(1), alone(), True),
        (NOTHING, NOTHING, False),
    ],
)
def test_what_waits_for_what(tmp_path: Path, held: Takes, wanted: Takes, *, must_wait: bool) -> None:
    with held_elsewhere(tmp_path, held):
        assert waits(tmp_path, wanted) is must_wait


def test_a_killed_process_gives_back_what_it_had(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path, whole_node()) as pid:
        assert waits(tmp_path, devices(1))
        os.kill(pid, signal.SIGKILL)
        with part(tmp_path) as leases, leases.held(whole_node()):
            pass


def test_never_more_than_there_are_and_everybody_has_a_turn(tmp_path: Path) -> None:
    """Wide, narrow and lonely work in threads of several participants: none waits for ever, and no two have the same accelerator."""
    lock, now, most, done = threading.Lock(), [0], [0], [0]

    def work(takes: Takes) -> None:
        with part(tmp_path) as leases, leases.held(takes) as share:
            count = sum(share.nodes.values())
            with lock:
                now[0] += count
                most[0] = max(most[0], now[0])
            time.sleep(0.002)
            with lock:
                now[0] -= count
                done[0] += 1

    kinds = [devices(1), devices(2), whole_node(), devices(1, allocator=PLUGIN), alone(), NOTHING]
    threads = [threading.Thread(target=work, args=(kinds[number % len(kinds)],), daemon=True) for number in range(48)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert done == [48]
    assert most[0] <= 3


def test_the_first_counts_and_who_comes_while_it_works_takes_its_count(tmp_path: Path) -> None:
    counted = []

    def measure() -> Stock:
        counted.append(len(counted))
        return Stock(free={DRA: {"a": 2 - len(counted)}, PLUGIN: {}}, chosen=DRA)

    with joined(tmp_path, name="gpu", measure=measure) as first:
        assert first.stock.free[DRA] == {"a": 1}
        with joined(tmp_path, name="gpu", measure=measure) as second:
            assert second.stock == first.stock
    with joined(tmp_path, name="gpu", measure=measure) as later:
        assert later.stock.free[DRA] == {"a": 0}
    assert counted == [0, 1]
