# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes for machines: one of each name, whatever is repeated or interrupted, and none after the cluster's end."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from lab import settings
from lab.errors import LabError
from lab.kkp_api.platform import Gate, Nodes
from lab.nodes import state
from lab.nodes.cluster import Cluster
from lab.nodes.state import CREATING, READY, ClusterRecord, NodeRecord, StateStore
from lab.nodes.toolbox import Toolbox
from lab.settings import Settings


class Team(Cluster):
    """A cluster whose machines are only counted; its record is real."""

    def __init__(self, tools: Toolbox, record: ClusterRecord) -> None:
        super().__init__(tools, record)
        self.booted: list[str] = []
        self.fails = False

    def boot(self, node: NodeRecord) -> Any:
        self.booted.append(node.name)
        if self.fails:
            raise LabError("the machine", found="a fault", expected="none", see="the test")

    def join(self, node: NodeRecord, machine: Any) -> None:
        assert machine is None
        self._done(node)

    def delete(self, node: NodeRecord) -> None:
        self._record = self._record.without_node(node.name)
        self._tools.store.save(self._record)


CONTROL = NodeRecord(name="abc-control-plane", index=0, phase=READY)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toolbox:
    monkeypatch.setattr(state, "_LOCKS", tmp_path)
    # A test's own directory is deeper than a lab's may be.
    monkeypatch.setattr(settings, "_LONGEST_STATE_DIR", 500)
    return Toolbox.of(Settings(name="labtest", state_dir=tmp_path / "state"))


@pytest.fixture
def team(tools: Toolbox) -> Team:
    return Team(tools, ClusterRecord(name="abc", index=0, version="v1.34.4", token="t", nodes=(CONTROL,)))


@pytest.fixture
def nodes(tools: Toolbox, team: Team) -> Nodes:
    return Nodes(tools.settings, tools, cast("Cluster", team))


def test_a_node_is_made_once(nodes: Nodes, team: Team, tools: Toolbox) -> None:
    made = [nodes.create("m-1", {"a": "b"}, ["k=v:NoSchedule"]) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0].provider_id == "ailab://abc/m-1"
    assert team.booted == ["m-1"]
    assert nodes.exists("m-1")
    assert tools.store.clusters()["abc"].node("m-1") == NodeRecord("m-1", 1, READY, "", {"a": "b"}, ("k=v:NoSchedule",))


def test_a_node_that_was_half_made_is_made_anew_at_its_place(nodes: Nodes, team: Team, tools: Toolbox) -> None:
    team.fails = True
    with pytest.raises(LabError):
        nodes.create("m-1", {}, [])
    half = StateStore(tools.settings).clusters()["abc"].node("m-1")
    assert half is not None
    assert (half.phase, half.index, nodes.exists("m-1")) == (CREATING, 1, False)
    team.fails = False
    nodes.create("m-2", {}, [])
    nodes.create("m-1", {}, [])
    assert {node.name: node.index for node in team.record.nodes} == {"abc-control-plane": 0, "m-1": 1, "m-2": 2}


def test_many_at_once_have_numbers_of_their_own(nodes: Nodes, team: Team) -> None:
    threads = [threading.Thread(target=nodes.create, args=(f"m-{number}", {}, [])) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(node.index for node in team.record.nodes) == list(range(9))


def test_deletion_may_be_repeated_and_spares_the_control_plane(nodes: Nodes, team: Team) -> None:
    nodes.create("m-1", {}, [])
    for name in ("m-1", "m-1", "abc-control-plane"):
        nodes.delete(name)
    assert team.record.nodes == (CONTROL,)


def test_a_name_of_another_cluster_is_left_alone(nodes: Nodes, team: Team, tools: Toolbox) -> None:
    tools.store.save(replace(team.record, name="other", nodes=(NodeRecord(name="m-1", index=1),)))
    with pytest.raises(LabError, match="a node of that name in cluster other"):
        nodes.create("m-1", {}, [])
    assert team.booted == []


def test_after_the_end_of_a_cluster_no_node_is_made(nodes: Nodes, team: Team) -> None:
    nodes.gate.close()
    with pytest.raises(LabError, match="being deleted"):
        nodes.create("m-1", {}, [])
    assert team.booted == []


def test_a_gate_closes_behind_those_who_are_inside() -> None:
    gate, inside, leave = Gate(), threading.Event(), threading.Event()

    def work() -> None:
        with gate.inside("a thing"):
            inside.set()
            leave.wait(5)

    worker, closer = threading.Thread(target=work), threading.Thread(target=gate.close)
    worker.start()
    inside.wait(5)
    closer.start()
    assert closer.is_alive()
    leave.set()
    worker.join(5)
    closer.join(5)
    assert not closer.is_alive()
