# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One machine: desired against found, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lab.machines.actions import PROVISION, RETIRE, Occupied, Patch, Provision
from lab.machines.names import NODE_FINALIZER, NODE_MACHINE, NODE_OWNER
from lab.machines.single import plan_machine, without_finalizer
from lab.machines.statuses import machine_status, selector_text
from lab.machines.views import Machine, Node, World

from .builders import machine, node

HELD = {"finalizers": [NODE_FINALIZER]}
WORLD = World(nodes={}, machines=(), sets=(), deployments=(), now=datetime(2026, 1, 1, tzinfo=UTC))


def kinds(found: Machine, its_node: Node | None, busy: Occupied = ()) -> list[str]:
    return [
        type(action).__name__ + (" anew" if isinstance(action, Provision) and action.anew else "")
        for action in plan_machine(found, its_node, busy=busy)
    ]


@pytest.mark.parametrize(
    ("found", "its_node", "busy", "expected"),
    [
        (machine("x"), None, (), ["Patch"]),
        (machine("x", **HELD), None, (), ["Provision"]),
        (machine("x", **HELD), None, {(PROVISION, "uid-x")}, []),
        # killed after the node was made, before the machine was told
        (machine("x", **HELD), node("x"), (), ["Patch", "Provision"]),
        # made, not registered yet
        (machine("x", provider_id="p", **HELD), None, (), []),
        # its Node object was there, and is gone
        (machine("x", provider_id="p", node_uid="u", **HELD), None, (), ["Provision anew"]),
        (machine("x", provider_id="p", node_uid="u", **HELD), None, {(PROVISION, "uid-x")}, []),
        (replace(machine("x", **HELD), deleting=True), node("x"), (), ["Retire"]),
        (replace(machine("x", **HELD), deleting=True), None, (), ["Retire"]),
        (replace(machine("x", **HELD), deleting=True), None, {(RETIRE, "uid-x")}, []),
        (replace(machine("x", **HELD), deleting=True), None, {(PROVISION, "uid-x")}, ["Retire"]),
        (replace(machine("x"), deleting=True), node("x"), (), []),
    ],
)
def test_a_machine(found: Machine, its_node: Node | None, busy: Occupied, expected: list[str]) -> None:
    assert kinds(found, its_node, busy) == expected


def test_a_node_is_told_whose_it_is_and_only_once() -> None:
    found = machine("x", provider_id="p", **HELD)
    (patch,) = plan_machine(found, node("x"), busy=())
    assert isinstance(patch, Patch)
    assert patch.body == {
        "metadata": {"labels": {NODE_OWNER: "uid-x"}, "annotations": {NODE_MACHINE: "kube-system/x"}},
        "spec": {"providerID": "p"},
    }
    told = node("x", labels={NODE_OWNER: "uid-x"}, providerID="p")
    told.json["metadata"]["annotations"][NODE_MACHINE] = "kube-system/x"
    assert list(plan_machine(found, told, busy=())) == []


def test_letting_go_takes_no_other_finalizer_away() -> None:
    held = machine("x", finalizers=["somebody/else", NODE_FINALIZER])
    assert without_finalizer(held.json).body["metadata"]["finalizers"] == ["somebody/else"]
    assert without_finalizer(held.json).body["metadata"]["resourceVersion"] == "1"


@pytest.mark.parametrize(
    ("found", "its_node", "phase"),
    [
        (machine("x"), None, "Provisioning"),
        (replace(machine("x"), failed=True), None, "Failed"),
        (machine("x", provider_id="p"), node("x"), "Running"),
        (machine("x", provider_id="p"), node("x", ready=False), "Provisioning"),
        (replace(machine("x"), deleting=True), node("x"), "Deleting"),
    ],
)
def test_phases(found: Machine, its_node: Node | None, phase: str) -> None:
    (patch,) = machine_status(found, its_node, WORLD)
    assert patch.body["status"]["phase"] == phase


def test_a_status_that_is_right_is_not_written_again() -> None:
    found, its_node = machine("x", provider_id="p"), node("x")
    (patch,) = machine_status(found, its_node, WORLD)
    known = Machine.of({**found.json, "status": {key: value for key, value in patch.body["status"].items() if value is not None}})
    assert list(machine_status(known, its_node, WORLD)) == []


def test_a_selector_is_written_for_the_scale_subresource() -> None:
    terms = [{"key": "a", "operator": "In", "values": ["2", "1"]}, {"key": "b", "operator": "DoesNotExist"}]
    assert selector_text({"spec": {"selector": {"matchLabels": {"x": "y"}, "matchExpressions": terms}}}) == "x=y,a in (1,2),!b"
