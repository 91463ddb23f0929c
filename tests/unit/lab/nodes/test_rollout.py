# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rollout does what is missing, mends what is ill, takes away what nobody asked for, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any, cast

import pytest

from lab.errors import LabError
from lab.nodes.addresses import AddressPlan
from lab.nodes.pools import parse
from lab.nodes.rollout import Rollout
from lab.nodes.state import READY, ClusterRecord, NodeRecord

POOLS = parse('[{"name": "gpu", "replicas": 2, "accelerators": {"allocation": "dra", "count": 2}}]')
LABELS = POOLS[0].node_labels()
TAINTS = POOLS[0].node_taints()


class TeamInMemory:
    """A cluster that only remembers."""

    def __init__(self, *nodes: NodeRecord, ill: Sequence[str] = (), broken: bool = False) -> None:
        self.record = ClusterRecord(name="lab", index=0, version="v1.34.4", token="t", nodes=nodes)
        self.addresses = AddressPlan(IPv4Network("10.208.0.0/12")).cluster(0)
        self._ill = ill
        self._broken = broken
        self._write = threading.Lock()

    def _put(self, node: NodeRecord) -> None:
        with self._write:
            self.record = self.record.with_node(replace(node, phase=READY))

    def create_control_plane(self, node: NodeRecord) -> None:
        if self._broken:
            raise LabError("kubeadm", found="a fault", expected="none", see="the test")
        self._put(node)

    def boot(self, node: NodeRecord) -> NodeRecord:
        return node

    def join(self, node: NodeRecord, machine: object) -> None:
        assert machine == node
        self._put(node)

    def delete(self, node: NodeRecord) -> None:
        self.record = self.record.without_node(node.name)

    def ailments(self, node: NodeRecord) -> Iterator[tuple[str, Callable[[], None]]]:
        if node.name in self._ill:
            yield "powered on", lambda: None

    def apply_addons(self, *, wait: bool) -> None:
        assert wait
        self.record = replace(self.record, addons=True)

    def wait_until_ready(self, names: Sequence[str]) -> None:
        assert {node.name for node in self.record.nodes} >= set(names)


def run(team: TeamInMemory, *, check: bool = False, addons: bool = False) -> list[str]:
    told: list[str] = []

    def do(action: str, work: Callable[[], None]) -> None:
        if not check:
            work()
        told.append(action)

    Rollout(cast("Any", None), cast("Any", team), do).apply(POOLS, addons=addons)
    return told


def ready(name: str, index: int, **more: Any) -> NodeRecord:
    return NodeRecord(**{"name": name, "index": index, "phase": READY, "pool": "gpu", "labels": LABELS, "taints": TAINTS, **more})


CONTROL = NodeRecord(name="lab-control-plane", index=0, phase=READY)
COMPLETE = (CONTROL, ready("lab-gpu-0", 1), ready("lab-gpu-1", 2))


def test_nothing_there_makes_everything() -> None:
    team = TeamInMemory()
    assert sorted(run(team)) == [
        "cluster lab: 3 nodes Ready",
        "node lab-control-plane: control plane created",
        "node lab-gpu-0: created",
        "node lab-gpu-1: created",
    ]
    assert [node.index for node in team.record.nodes] == [0, 1, 2]


def test_everything_there_does_nothing() -> None:
    assert run(TeamInMemory(*COMPLETE)) == []


def test_add_ons_follow_when_their_images_are_there_and_only_once() -> None:
    team = TeamInMemory(*COMPLETE)
    assert run(team, addons=False) == []
    assert run(team, addons=True) == ["cluster lab: cluster DNS and metrics"]
    assert run(team, addons=True) == []


def test_check_mode_tells_the_same_and_makes_nothing() -> None:
    team = TeamInMemory()
    assert len(run(team, check=True)) == 4
    assert team.record.nodes == ()


def test_a_half_made_node_is_made_again_under_a_number_that_is_free() -> None:
    team = TeamInMemory(CONTROL, ready("lab-gpu-0", 1), ready("lab-gpu-1", 2, phase="creating"))
    assert run(team) == ["node lab-gpu-1: deleted", "node lab-gpu-1: created", "cluster lab: 3 nodes Ready"]
    assert {node.name: node.index for node in team.record.nodes}["lab-gpu-1"] == 2


def test_a_half_made_control_plane_takes_its_workers_with_it() -> None:
    told = run(TeamInMemory(replace(CONTROL, phase="creating"), ready("lab-gpu-0", 1)))
    assert "node lab-gpu-0: deleted" in told
    assert "node lab-control-plane: control plane created" in told


def test_a_node_of_another_shape_is_replaced_and_one_too_many_goes() -> None:
    team = TeamInMemory(CONTROL, ready("lab-gpu-0", 1, labels={}), ready("lab-gpu-1", 2), ready("lab-old-0", 3, pool="old"))
    told = run(team)
    assert set(told) >= {"node lab-gpu-0: deleted", "node lab-gpu-0: created", "node lab-old-0: deleted"}
    assert "node lab-gpu-1: deleted" not in told


def test_a_node_that_somebody_added_by_hand_stays() -> None:
    assert run(TeamInMemory(*COMPLETE, NodeRecord(name="mine", index=3, phase=READY))) == []


def test_an_ill_node_is_mended_and_waited_for() -> None:
    assert run(TeamInMemory(*COMPLETE, ill=["lab-gpu-1"])) == ["node lab-gpu-1: powered on", "cluster lab: 3 nodes Ready"]


def test_a_failed_control_plane_is_the_error_that_is_told_and_no_worker_waits_for_it() -> None:
    with pytest.raises(LabError, match="kubeadm"):
        run(TeamInMemory(broken=True))
