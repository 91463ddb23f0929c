# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines of a machine set: desired against found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.machines.actions import Create, Delete
from lab.machines.names import DELETE_FIRST, NODE_FINALIZER
from lab.machines.replicas import plan_set, random_suffix
from lab.machines.views import Machine, MachineSet, moment

from .builders import machine, machine_set


def told(owner: MachineSet, members: list[Machine], ready: set[str] | None = None) -> list[str]:
    names = {member.name for member in members} if ready is None else ready
    suffix = iter("abcdefgh")
    actions = list(plan_set(owner, members, ready=lambda member: member.name in names, suffix=lambda: next(suffix)))
    return [
        f"+{action.name}" if isinstance(action, Create) else f"-{action.name}" for action in actions if isinstance(action, (Create, Delete))
    ]


def young(name: str) -> Machine:
    return replace(machine(name), created=moment("2026-02-01T00:00:00Z"))


def marked(name: str) -> Machine:
    return machine(name, annotations={DELETE_FIRST: "now"})


@pytest.mark.parametrize(
    ("replicas", "members", "ready", "expected"),
    [
        (2, [], set(), ["+md-1-a", "+md-1-b"]),
        (2, [machine("x")], {"x"}, ["+md-1-a"]),
        (1, [machine("x")], {"x"}, []),
        (0, [machine("x"), machine("y")], {"x", "y"}, ["-x", "-y"]),
        # who goes first: marked, not ready, failed, young
        (2, [machine("a"), machine("b"), marked("c")], {"a", "b", "c"}, ["-c"]),
        (1, [machine("a"), machine("b"), marked("c")], {"a", "c"}, ["-c", "-b"]),
        (1, [machine("a"), machine("b")], {"b"}, ["-a"]),
        (1, [replace(machine("b"), failed=True), machine("a")], set(), ["-b"]),
        (1, [young("b"), machine("c")], {"b", "c"}, ["-b"]),
        # a mark alone is no order
        (1, [marked("c")], {"c"}, []),
    ],
)
def test_machines(replicas: int, members: list[Machine], ready: set[str], expected: list[str]) -> None:
    assert told(machine_set(replicas=replicas), members, ready) == expected


def test_a_set_that_goes_takes_its_machines_along_unless_they_are_to_stay() -> None:
    going = replace(machine_set(), deleting=True)
    assert told(going, [machine("x")]) == ["-x"]
    assert told(replace(going, orphaning=True), [machine("x")]) == []


def test_a_machine_is_made_with_its_finalizer_and_its_owner() -> None:
    (action,) = plan_set(machine_set(), [], ready=lambda _: True)
    assert isinstance(action, Create)
    assert action.body["metadata"]["finalizers"] == [NODE_FINALIZER]
    assert action.body["metadata"]["ownerReferences"][0]["kind"] == "MachineSet"
    assert action.body["spec"] == machine_set().json["spec"]["template"]["spec"]
    assert len(random_suffix()) == 5
