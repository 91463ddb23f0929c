# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pools scaled through the KKP API: real nodes come within seconds and go without trace."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from lab.machines.names import MACHINES, NAMESPACE, NODE_MACHINE, SETS, UNNEEDED_TIME
from tests.integration.kkp import HEALTHY, MACHINE, Kkp, until
from tests.integration.machine import crowding
from tests.integration.machines import Pool, links
from tests.integration.standing import Lab

pytestmark = pytest.mark.integration

NAME = "scaled"
MOST_SECONDS = 8


@pytest.fixture(scope="module")
def kkp(lab: Lab) -> Kkp:
    return Kkp(lab)


@pytest.fixture(scope="module")
def pool(kkp: Kkp) -> Iterator[Pool]:
    """A pool of one node, with bounds."""
    kkp.run(
        "kkp_machine_deployment",
        name=NAME,
        min_replicas=1,
        max_replicas=3,
        cloud=MACHINE,
        operating_system="ubuntu",
        labels={"pool": NAME, "node.kubernetes.io/pool": NAME},
        taints=[{"key": "scaled", "value": "only", "effect": "NoSchedule"}],
        # An autoscaler that is at work in the lab leaves it alone for the time being.
        annotations={UNNEEDED_TIME: "1h"},
    )
    with Pool(kkp.id, NAME) as made:
        yield made
        kkp.run("kkp_machine_deployment", name=NAME, state="absent")
        assert made.left() == []


def test_one_three_one_gives_real_nodes_that_go_without_trace(kkp: Kkp, pool: Pool) -> None:
    assert pool.is_settled(1)
    (machine,), (node,) = pool.machines(), pool.nodes()
    assert machine["spec"]["providerID"] == node["spec"]["providerID"]
    assert machine["status"]["nodeRef"]["uid"] == node["metadata"]["uid"]
    assert node["metadata"]["annotations"][NODE_MACHINE] == f"{NAMESPACE}/{machine['metadata']['name']}"
    assert node["metadata"]["labels"]["node.kubernetes.io/pool"] == NAME
    assert [taint["key"] for taint in node["spec"]["taints"]] == ["scaled"]
    owner = pool.kube.get(SETS.path(machine["metadata"]["ownerReferences"][0]["name"], namespace=NAMESPACE))
    assert owner["metadata"]["ownerReferences"][0]["name"] == NAME
    before = links()

    assert kkp.run("kkp_machine_deployment", name=NAME, replicas=3)["changed"]
    assert pool.is_settled(3)
    seconds = pool.seconds_to_ready()
    assert max(seconds.values()) <= MOST_SECONDS * crowding(), seconds
    assert len(links()) == len(before) + 2
    assert set(kkp.health().values()) == {HEALTHY}

    marked = max(pool.machine_names() - {machine["metadata"]["name"]})
    others = pool.machine_names() - {marked}
    pool.kube.patch(MACHINES.path(marked, namespace=NAMESPACE), {"metadata": {"annotations": {"cluster.k8s.io/delete-machine": "true"}}})
    kkp.scale(NAME, 2)
    until(partial(pool.is_settled, 2), seconds=30, what="two machines")
    assert pool.machine_names() == others
    assert pool.traces(marked) == []

    assert kkp.run("kkp_machine_deployment", name=NAME, replicas=1)["changed"]
    assert pool.is_settled(1)
    (left,) = pool.machine_names()
    (gone,) = others - {left}
    assert pool.traces(gone) == []
    assert links() == before
    assert not kkp.run("kkp_machine_deployment", name=NAME, replicas=1)["changed"]


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (4, "replica count (4) cannot be higher then autoscaler maxreplicas (3)"),
        (0, "replica count (0) cannot be lower then autoscaler minreplicas (1)"),
    ],
)
def test_no_size_beyond_the_bounds_is_taken(kkp: Kkp, pool: Pool, size: int, said: str) -> None:
    path = f"{kkp.path}/machinedeployments/{NAME}"
    assert kkp.refusal("PATCH", path, {"spec": {"replicas": size}}) == (400, said)
    assert pool.is_settled(1)


def test_a_restart_replaces_one_node_after_the_other(kkp: Kkp, pool: Pool) -> None:
    before = pool.machine_names()
    sizes: set[tuple[int, int]] = set()

    def replaced() -> bool:
        alive = {one["metadata"]["name"] for one in pool.machines() if "deletionTimestamp" not in one["metadata"]}
        found = pool.deployment()
        assert found
        sizes.add((len(alive), found["status"].get("availableReplicas", 0)))
        return pool.is_settled(1) and not before & alive

    with kkp.start("kkp_machine_deployment", name=NAME, state="restarted") as command:
        until(replaced, seconds=120, what="a new node in the place of the old")
        said, _ = command.communicate(timeout=120)
    assert command.returncode == 0, said
    assert max(alive for alive, _ in sizes) == 2
    assert min(available for _, available in sizes) == 1
    assert [trace for name in before for trace in pool.traces(name)] == []
