# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ctrl-C ends a verification, and what it has made is gone when the process is."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import HaltedError
from ansible_collections.ailab.conformance.plugins.module_utils._engine.interruption import ending_with
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run import Cleaned, clean_run
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verify_task import VERIFY_SPEC, verify_entry
from ansible_collections.ailab.conformance.plugins.module_utils._platform.identity import RUN_LABEL

FORK = multiprocessing.get_context("fork")
Starts = Callable[[Callable[[], object]], Any]


@pytest.fixture
def starts() -> Iterator[Starts]:
    """Starts processes, and ends those that are left."""
    started = []

    def start(work: Callable[[], object]) -> Any:
        process = FORK.Process(target=work)
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.join()


def eventually(true: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_last_work_is_done_once_and_to_its_end(starts: Starts, tmp_path: Path, number: signal.Signals) -> None:
    ready, begun, done = (tmp_path / name for name in ("ready", "begun", "done"))

    def last() -> None:
        with begun.open("a") as file:
            file.write("x")
        time.sleep(0.3)
        done.touch()

    def work() -> None:
        with ending_with(last):
            ready.touch()
            time.sleep(30)

    process = starts(work)
    eventually(ready.exists)
    os.kill(process.pid, number)
    eventually(begun.exists)
    os.kill(process.pid, signal.SIGTERM)
    os.kill(process.pid, signal.SIGINT)
    process.join(10)
    assert (process.exitcode, done.exists(), begun.read_text()) == (128 + number, True, "x")


def test_afterwards_signals_do_what_they_did() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with ending_with(lambda: None):
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] != before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_outside_the_main_thread_nothing_is_touched() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with ending_with(lambda: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert seen == [before]


def test_a_halted_client_waits_for_answers_and_asks_nothing_more(api: Any, cluster: Cluster) -> None:
    asked, answer = threading.Event(), threading.Event()

    def slow(_method: str, path: str, _body: Any) -> None:
        if path == "/version":
            asked.set()
            answer.wait(10)

    api.intercept = slow
    thread = threading.Thread(target=cluster.call, args=("get", "/version"))
    thread.start()
    assert asked.wait(10)
    threading.Timer(0.2, answer.set).start()
    cluster.halt(seconds=10)
    assert answer.is_set()
    thread.join(10)
    before = list(api.requests)
    with pytest.raises(HaltedError, match="an interruption"):
        cluster.call("get", "/version")
    assert api.requests == before


def test_an_interrupted_verification_leaves_nothing(
    starts: Starts, cluster: Cluster, platform: Any, kubeconfig: str, run: RunDirectory
) -> None:
    api, platform.faults = platform.api, {"driver-stopped"}
    platform.start()
    before = set(api.objects)
    defaults = {name: option.get("default") for name, option in VERIFY_SPEC.items()}
    options = {**defaults, "kubeconfig": kubeconfig, "context": None, "run_dir": str(run.path)}
    process = starts(lambda: verify_entry(SUITES["dra_support"]).run(options, check_mode=False))
    eventually(lambda: api.of_kind("Pod") and any(RUN_LABEL in (pod["metadata"].get("labels") or {}) for pod in api.of_kind("Pod")))
    os.kill(process.pid, signal.SIGINT)
    process.join(20)
    assert process.exitcode == 128 + signal.SIGINT
    assert set(api.objects) == before
    assert clean_run(cluster, run, seconds=1, dry=False) == Cleaned(run_id=run.path.name)
