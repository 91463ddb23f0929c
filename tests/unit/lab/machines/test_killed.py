# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller that is killed at any change whatever: the next one ends in the wanted state, with nothing twice and nothing left."""

from __future__ import annotations

import itertools

import pytest

from lab.machines.actions import Abandon, Provision, Retire
from lab.machines.kube import KubeError
from lab.machines.names import DEPLOYMENTS, MACHINES, NAMESPACE, NODE_OWNER, NODES, SETS
from lab.machines.planning import plan
from lab.machines.reconciler import MachineReconciler, read_world

from .builders import deployment_json
from .fakes import FakeKube, FakeNodes, Fuse, KilledError

PATH = DEPLOYMENTS.path("md", namespace=NAMESPACE)


def turn(kube: FakeKube, nodes: FakeNodes) -> bool:
    """One pass of a new controller, its jobs done on the spot; whether there was anything to do."""
    reconciler = MachineReconciler(kube, nodes, drain_seconds=0)
    jobs, did = reconciler._jobs, False
    for action in plan(read_world(kube)):
        did = True
        try:
            if isinstance(action, Provision):
                jobs._provision(action)
            elif isinstance(action, Retire):
                jobs._retire(action.machine)
            elif isinstance(action, Abandon):
                jobs._abandon(action.node)
            else:
                reconciler._write(action)
        except KubeError as error:
            if not error.gone and not error.stale:
                raise
    kube.collect_owners()
    return did


def settle(kube: FakeKube, nodes: FakeNodes) -> None:
    for _ in range(60):
        if not turn(kube, nodes):
            return
    pytest.fail("never at rest")


def names(kube: FakeKube, path: str) -> list[str]:
    return sorted(item["metadata"]["name"] for item in kube.list(path))


def stands(kube: FakeKube, nodes: FakeNodes, size: int) -> None:
    machines = names(kube, MACHINES.path(namespace=NAMESPACE))
    assert len(machines) == size
    assert machines == names(kube, NODES.path()) == sorted(nodes.finished)
    assert all(nodes.finished.values())
    if size:
        status = kube.get(PATH)["status"]
        assert {status[key] for key in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")} == {size}


def scenario(kube: FakeKube, step: str) -> None:
    if step == "create":
        kube.create(DEPLOYMENTS.path(namespace=NAMESPACE), deployment_json(replicas=2))
        kube.objects[PATH]["metadata"]["finalizers"] = ["foregroundDeletion"]
    elif step == "scale":
        kube.patch(PATH, {"spec": {"replicas": 1}})
    elif step == "replace":
        kube.patch(PATH, {"spec": {"template": {"spec": {"metadata": {"annotations": {"forceRestart": "1"}}}}}})
    else:
        kube.delete(PATH)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("step", "size"), [("create", 2), ("scale", 1), ("replace", 2), ("delete", 0)])
def test_killed_at_any_change(step: str, size: int, *, after: bool) -> None:
    for changes in itertools.count():
        kube = FakeKube()
        nodes = FakeNodes(kube)
        if step != "create":
            scenario(kube, "create")
            settle(kube, nodes)
        scenario(kube, step)
        kube.fuse = Fuse(changes, after=after)
        killed = True
        try:
            settle(kube, nodes)
            killed = False
        except KilledError:
            kube.fuse = Fuse()
            settle(kube, nodes)
        stands(kube, nodes, size)
        assert names(kube, SETS.path(namespace=NAMESPACE)) == [] or size
        if not killed:
            assert changes > 3
            return


def test_a_node_that_was_deleted_by_hand_is_made_anew() -> None:
    kube = FakeKube()
    nodes = FakeNodes(kube)
    scenario(kube, "create")
    settle(kube, nodes)
    lost = names(kube, NODES.path())[0]
    kube.delete(NODES.path(lost))
    settle(kube, nodes)
    stands(kube, nodes, 2)
    assert nodes.made.count(lost) == 2


def test_a_node_whose_machine_was_torn_away_goes_too_and_others_stay() -> None:
    kube = FakeKube()
    nodes = FakeNodes(kube)
    scenario(kube, "create")
    settle(kube, nodes)
    torn = names(kube, MACHINES.path(namespace=NAMESPACE))[0]
    del kube.objects[MACHINES.path(torn, namespace=NAMESPACE)]
    kube.create(NODES.path(), {"metadata": {"name": "by-hand", "labels": {}}, "spec": {}, "status": {}})
    settle(kube, nodes)
    assert torn not in names(kube, NODES.path())
    kube.delete(NODES.path("by-hand"))
    stands(kube, nodes, 2)


def test_machines_of_an_owner_that_is_gone_go() -> None:
    kube = FakeKube()
    nodes = FakeNodes(kube)
    scenario(kube, "create")
    settle(kube, nodes)
    del kube.objects[PATH]
    settle(kube, nodes)
    stands(kube, nodes, 0)
    assert not any(NODE_OWNER in item["metadata"].get("labels", {}) for item in kube.list(NODES.path()))
