# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control plane is made where it is missing, mended where it is ill, and left alone otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from lab.errors import LabError
from lab.nodes.control_plane import uphold
from lab.nodes.state import CREATING, READY, ClusterRecord, NodeRecord


class TeamInMemory:
    """A cluster that only remembers."""

    def __init__(self, *nodes: NodeRecord, addons: bool = True, ill: Sequence[str] = (), broken: bool = False) -> None:
        self.record = ClusterRecord(name="lab", index=0, version="v1.34.4", token="t", nodes=nodes, addons=addons)
        self._ill = ill
        self._broken = broken

    def create_control_plane(self, node: NodeRecord) -> None:
        if self._broken:
            raise LabError("kubeadm", found="a fault", expected="none", see="the test")
        self.record = replace(self.record.with_node(replace(node, phase=READY)), addons=False)

    def ailments(self, node: NodeRecord) -> Iterator[tuple[str, Callable[[], None]]]:
        if node.name in self._ill:
            yield "powered on", lambda: None

    def apply_addons(self) -> None:
        self.record = replace(self.record, addons=True)


def run(team: TeamInMemory) -> list[str]:
    told: list[str] = []

    def do(action: str, work: Callable[[], None]) -> None:
        work()
        told.append(action)

    uphold(cast("Any", team), do)
    return told


CONTROL = NodeRecord(name="lab-control-plane", index=0, phase=READY)
WORKER = NodeRecord(name="m-1", index=1, phase=READY)
MADE = ["node lab-control-plane: control plane created", "cluster lab: cluster DNS and metrics"]


def test_nothing_there_makes_it_and_a_second_time_does_nothing() -> None:
    team = TeamInMemory(addons=False)
    assert run(team) == MADE
    assert run(team) == []
    assert team.record.nodes == (CONTROL,)


def test_a_half_made_one_is_made_anew_with_its_add_ons() -> None:
    assert run(TeamInMemory(replace(CONTROL, phase=CREATING))) == MADE


def test_add_ons_that_were_not_applied_follow() -> None:
    assert run(TeamInMemory(CONTROL, WORKER, addons=False)) == MADE[1:]


def test_ill_nodes_are_mended_and_half_made_workers_left_to_their_machines() -> None:
    half = replace(WORKER, name="m-2", index=2, phase=CREATING)
    assert run(TeamInMemory(CONTROL, WORKER, half, ill=["lab-control-plane", "m-1", "m-2"])) == [
        "node lab-control-plane: powered on",
        "node m-1: powered on",
    ]


def test_a_control_plane_that_does_not_come_up_is_told() -> None:
    with pytest.raises(LabError, match="kubeadm"):
        run(TeamInMemory(broken=True))
