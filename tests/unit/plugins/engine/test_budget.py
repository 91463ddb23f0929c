# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time and nodes are limits for every requirement: beyond them nothing further is begun."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import SystemClock
from ansible_collections.ailab.conformance.plugins.module_utils._engine.budget import Budget
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verification import verify
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import Settings


class Clock(SystemClock):
    """A clock that a test sets."""

    seconds = 0.0

    def monotonic(self) -> float:
        """Seconds since the test began."""
        return self.seconds


@pytest.fixture
def clock(cluster: Cluster) -> Clock:
    """The clock of the cluster."""
    cluster.clock = Clock()
    return cluster.clock


def nodes(api: Any, *names: str) -> None:
    for name in names:
        api.put("Node", name)


def test_a_node_more_than_allowed_ends_it_and_a_node_less_lets_it_go_on(
    api: Any, cluster: Cluster, settings: Settings, clock: Clock
) -> None:
    nodes(api, "a", "b")
    budget = Budget(cluster, replace(settings, max_nodes_added=1))
    nodes(api, "c")
    clock.seconds = 10
    budget.require("going on")
    nodes(api, "d")
    clock.seconds = 20
    with pytest.raises(PreconditionError, match="going on: found 2 nodes more than when the requirement was begun; expected at most 1"):
        budget.require("going on")
    api.remove("Node", "a")
    clock.seconds = 30
    budget.require("going on")


def test_a_moment_needs_one_look(api: Any, cluster: Cluster, settings: Settings, clock: Clock) -> None:
    budget = Budget(cluster, settings)
    before = len(api.requests)
    for _ in range(5):
        budget.require("going on")
    assert len(api.requests) == before
    clock.seconds = 10
    budget.require("going on")
    assert len(api.requests) == before + 1


def test_time_ends_it(cluster: Cluster, settings: Settings, clock: Clock) -> None:
    budget = Budget(cluster, replace(settings, max_minutes=1.0))
    clock.seconds = 59
    budget.require("going on")
    clock.seconds = 60
    with pytest.raises(PreconditionError, match="the requirement's 1 minutes are over"):
        budget.require("going on")


def test_what_is_not_begun_says_so_and_nothing_is_proven(
    cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ansible_collections.ailab.conformance.plugins.module_utils._engine.budget._FRESH_SECONDS", 0.0)
    platform.start()
    created = platform.api.created

    def growing(item: Any) -> None:
        created(item)
        if item["kind"] == "Pod":
            nodes(platform.api, "grown")

    platform.api.created = growing
    found = verify(cluster, suite=SUITES["dra_support"], settings=replace(settings, max_nodes_added=0), run=run)
    sides = [side for item in found.results for side in (item.subject, item.control)]
    assert {side.verdict for side in sides if side.reason == "node-budget"} == {Verdict.NOT_RUN}
    assert found.requirement.verdict in {Verdict.NOT_RUN, Verdict.INCONCLUSIVE}
    assert found.requirement.leaked == ()
