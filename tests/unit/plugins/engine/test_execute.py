# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A check is concluded when its sides are over, whatever the others do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.codec import read
from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import CheckResult
from ansible_collections.ailab.conformance.plugins.module_utils._engine.judge import Requirement
from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import NOTHING, Takes, devices
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory
from ansible_collections.ailab.conformance.plugins.module_utils._engine.suite import Suite
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding, Side, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verification import Verified, verify
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import Settings

ABOUT = Requirement(id="r", category="c", level="MUST")


@dataclass(frozen=True, slots=True)
class Word:
    text: str


def tried(identifier: str, does: Callable[[Side], object] = lambda _: None, *, takes: Takes = NOTHING) -> Check[Word]:
    """A check that does on each side what the test says, and passes; its control fails as it must."""

    class Tried(Check[Word]):
        id = identifier
        requirement = "r"
        title = "t"
        asks = "Does it?"
        broken_looks_like = "It does not."
        sources = ("a test",)
        subject = Word(Side.SUBJECT.value)
        control = Word(Side.CONTROL.value)
        control_reason = "expected"
        subject_takes = takes
        control_takes = takes

        def observe(self, bench: Any, variant: Word, /) -> None:
            does(Side(variant.text))
            bench.note("word", variant.text)

        def evaluate(self, seen: Seen) -> Finding:
            good = seen.last("word") == Side.SUBJECT.value
            return Finding(Verdict.PASS, "good", "as it should") if good else Finding(Verdict.FAIL, "expected", "as it must")

    return Tried()


def verified(cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory, *checks: Check[Any]) -> Verified:
    platform.start()
    return verify(cluster, suite=Suite(about=ABOUT, checks=checks), settings=settings, run=run)


def comes(path: Path, cluster: Cluster) -> bool:
    """Whether a file comes into being within half a minute."""
    for _ in range(600):
        if path.exists():
            return True
        cluster.clock.pause(0.05)
    return False


def test_a_result_is_in_the_run_directory_while_other_checks_go_on(
    cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory
) -> None:
    seen: list[tuple[bool, bool]] = []

    def wait(side: Side) -> None:
        if side is Side.SUBJECT:
            seen.append((comes(run.result("X-02"), cluster), run.observations("X-02").exists()))

    found = verified(cluster, platform, settings, run, tried("X-01", wait), tried("X-02"))
    assert seen == [(True, True)]
    assert [item.id for item in found.results] == ["X-01", "X-02"]
    assert found.requirement.verdict is Verdict.PASS
    assert [read(CheckResult, run.result(item.id)) for item in found.results] == list(found.results)


def test_a_check_without_its_control_has_no_result_yet(cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory) -> None:
    early: list[bool] = []

    def wait(side: Side) -> None:
        if side is Side.CONTROL:
            early.append(run.result("X-01").exists())

    first = tried("X-01", wait, takes=devices(2))
    assert verified(cluster, platform, settings, run, first).requirement.verdict is Verdict.PASS
    assert early == [False]


def test_what_cannot_be_tried_is_concluded_before_the_rest(cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory) -> None:
    seen: list[bool] = []
    too_much = tried("X-02", takes=devices(3))
    found = verified(cluster, platform, settings, run, tried("X-01", lambda _: seen.append(run.result("X-02").exists())), too_much)
    assert seen == [True, True]
    assert [(item.verdict, item.reason) for item in found.results] == [(Verdict.PASS, "good"), (Verdict.NOT_RUN, "free-device")]


def test_what_breaks_is_told_at_once_and_is_nobody_elses(cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory) -> None:
    def broken(_: Side) -> None:
        raise RuntimeError("broken")

    seen: list[bool] = []
    patient = tried("X-01", lambda _: seen.append(comes(run.result("X-02"), cluster)))
    found = verified(cluster, platform, settings, run, patient, tried("X-02", broken))
    assert seen == [True, True]
    assert [(item.verdict, item.reason) for item in found.results] == [(Verdict.PASS, "good"), (Verdict.ERROR, "check-broken")]
