# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machine sets of a deployment: desired against found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab.machines.actions import Create, Delete, Patch
from lab.machines.rollout import Batch, plan_deployment
from lab.machines.views import Deployment

from .builders import deployment, machine_set

REPLICAS = "replicas"


def rolling(surge: int | str, unavailable: int | str) -> dict[str, Any]:
    return {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}}


def batch(wanted: Deployment, *, new: bool, size: int, available: int | None = None, current: int | None = None, name: str = "") -> Batch:
    owner = machine_set(name or ("new" if new else "old"), size, revision=wanted.template if new else "before")
    return Batch(owner, size if current is None else current, size if available is None else available)


def told(wanted: Deployment, *batches: Batch) -> list[str]:
    words = []
    for action in plan_deployment(wanted, batches):
        if isinstance(action, Patch):
            words.append(f"{action.name}={action.body['spec'][REPLICAS]}")
        elif isinstance(action, Create):
            words.append(f"+{action.body['spec'][REPLICAS]}")
        elif isinstance(action, Delete):
            words.append(f"-{action.name}")
    return words


@pytest.mark.parametrize(
    ("replicas", "spec", "found", "expected"),
    [
        # (new?, wanted size, available) of each machine set that is there
        (2, {}, [], ["+2"]),
        (0, {}, [], ["+0"]),
        (2, {}, [(True, 2, 2)], []),
        (3, {}, [(True, 1, 1)], ["new=3"]),
        (1, {}, [(True, 3, 3)], ["new=1"]),
        # a new template: one more than asked for, none less
        (2, {}, [(False, 2, 2)], ["+1"]),
        (2, {}, [(True, 1, 0), (False, 2, 2)], []),
        (2, {}, [(True, 1, 1), (False, 2, 2)], ["old=1"]),
        (2, {}, [(True, 1, 1), (False, 1, 1)], ["new=2"]),
        (2, {}, [(True, 2, 2), (False, 1, 1)], ["old=0"]),
        # no spare machine: one is given up first
        (2, rolling(0, 1), [(False, 2, 2)], ["+0"]),
        (2, rolling(0, 1), [(True, 0, 0), (False, 2, 2)], ["old=1"]),
        (2, rolling(0, 1), [(True, 0, 0), (False, 1, 1)], ["new=1"]),
        (2, rolling(0, 1), [(True, 1, 0), (False, 1, 1)], []),
        (2, rolling(0, 0), [(True, 0, 0), (False, 2, 2)], ["old=1"]),
        (4, rolling("25%", "50%"), [(False, 4, 4)], ["+1"]),
        (4, rolling("25%", "50%"), [(True, 1, 0), (False, 4, 4)], ["old=2"]),
        # old machines that do not work are no loss
        (2, {}, [(True, 1, 0), (False, 2, 1)], []),
        (3, rolling(1, 1), [(True, 1, 0), (False, 3, 2)], ["old=2"]),
        # paused: no replacement, but the size follows
        (2, {"paused": True}, [(False, 2, 2)], []),
        (3, {"paused": True}, [(True, 2, 2)], ["new=3"]),
        (2, {"paused": True}, [(True, 1, 1), (False, 1, 1)], []),
    ],
)
def test_sizes(replicas: int, spec: dict[str, Any], found: list[tuple[bool, int, int]], expected: list[str]) -> None:
    wanted = deployment(replicas=replicas, **spec)
    assert told(wanted, *(batch(wanted, new=new, size=size, available=available) for new, size, available in found)) == expected


def test_empty_sets_of_earlier_templates_go_but_for_the_last() -> None:
    wanted = deployment(replicas=1)
    old = [batch(wanted, new=False, size=0, name=f"old{number}") for number in range(3)]
    assert told(wanted, batch(wanted, new=True, size=1), *old) == ["-old0", "-old1"]
    assert told(deployment(replicas=1, revisionHistoryLimit=5), batch(wanted, new=True, size=1), *old) == []
    assert told(wanted, batch(wanted, new=True, size=1), *(replace(entry, current=1) for entry in old)) == []


def test_a_deployment_that_goes_takes_its_sets_along_unless_they_are_to_stay() -> None:
    wanted = replace(deployment(), deleting=True)
    assert told(wanted, batch(wanted, new=True, size=1)) == ["-new"]
    assert told(replace(wanted, orphaning=True), batch(wanted, new=True, size=1)) == []


def test_a_set_is_named_after_its_template_so_that_it_is_never_made_twice() -> None:
    wanted = deployment(name="x" * 60)
    (first,), (second,) = plan_deployment(wanted, []), plan_deployment(wanted, [])
    assert isinstance(first, Create)
    assert isinstance(second, Create)
    assert first.name == second.name
    assert first.name.endswith(wanted.template)
    assert len(first.name) == 57
    owner = first.body["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("MachineDeployment", wanted.uid, True)


@pytest.mark.parametrize("replicas", [0, 1, 2, 5])
@pytest.mark.parametrize(("surge", "unavailable"), [(1, 0), (0, 1), (2, 1), (0, 0), ("50%", "50%")])
@pytest.mark.parametrize("slow", [1, 2, 3])
def test_a_replacement_ends_and_keeps_its_bounds(replicas: int, surge: int | str, unavailable: int | str, slow: int) -> None:
    wanted = deployment(replicas=replicas, **rolling(surge, unavailable))
    sizes, available = {"new": 0, "old": replicas}, {"new": 0, "old": replicas}
    for turn in range(100):
        batches = [batch(wanted, new=name == "new", size=sizes[name], available=available[name]) for name in sizes]
        for word in told(wanted, *batches):
            if "=" in word:
                name, _, size = word.partition("=")
                sizes[name] = int(size)
                available[name] = min(available[name], sizes[name])
        assert sum(sizes.values()) <= replicas + wanted.surge
        assert sum(available.values()) >= replicas - wanted.unavailable
        if sizes == {"new": replicas, "old": 0} and available["new"] == replicas:
            return
        if turn % slow == 0:
            available["new"] = min(sizes["new"], available["new"] + 1)
    pytest.fail(f"still {sizes} after 100 turns")
