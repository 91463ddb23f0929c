# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kill -9 in the middle: the same command, run again, ends in the wanted state; nothing is there twice, and nothing is left.

The machine controller is a part of the KKP API's process here. What tells the two kills apart is their moment: when the API has just taken
the order, or when a machine is half way between its order and its node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tests.integration import standing
from tests.integration.kkp import HEALTHY, MACHINE, Kkp, until
from tests.integration.machines import Pool, kill, links, programs
from tests.integration.standing import Lab

pytestmark = pytest.mark.integration

MODULE, NAME, CLUSTER = "kkp_machine_deployment", "killed", "killed"
API = "lab.kkp_api"
MOMENT_SECONDS = 60
POOL: dict[str, Any] = {"name": NAME, "cloud": MACHINE, "operating_system": "ubuntu"}


def interrupted(kkp: Kkp, victims: Callable[[], set[int]], module: str, /, then: Callable[[], None] = lambda: None, **wish: Any) -> None:
    """Start a command, kill as soon as there is somebody to kill, let the command end as it may, and run it once more.

    Args:
        then: what is done when they are dead.
    """
    with kkp.start(module, **wish) as command:
        until(victims, seconds=MOMENT_SECONDS, what="the moment to kill")
        kill(*victims())
        then()
        said, _ = command.communicate(timeout=300)
    assert "Traceback" not in said
    kkp.run(module, **wish)


def moving(pool: Pool) -> list[str]:
    """The machines that are on their way in or out, and have something on this machine."""
    unfinished = [one for one in pool.machines() if "deletionTimestamp" in one["metadata"] or not one["spec"].get("providerID")]
    return [one["metadata"]["name"] for one in unfinished if (standing.STATE / "nodes" / one["metadata"]["name"]).exists()]


def kkp_api(pool: Pool, taken: Callable[[dict[str, Any]], bool]) -> set[int]:
    """The API, once the order is taken."""
    found = pool.deployment()
    return programs(API) if found and taken(found) else set()


def machine_controller(pool: Pool, _: object) -> set[int]:
    """The machine controller, once it is at work on a machine."""
    return programs(API) if moving(pool) else set()


def kubelet(pool: Pool, _: object) -> set[int]:
    """The kubelets of machines that come or go."""
    return {pid for name in moving(pool) for pid in programs("kubelet", node=name)}


@pytest.fixture(scope="module")
def kkp(lab: Lab) -> Kkp:
    return Kkp(lab)


@pytest.fixture(scope="module")
def pool(kkp: Kkp) -> Iterator[Pool]:
    with Pool(kkp.id, NAME) as found:
        yield found


@pytest.mark.parametrize("victim", [kkp_api, machine_controller, kubelet])
def test_machines_that_are_made_scaled_and_deleted_while_somebody_is_killed(
    kkp: Kkp, pool: Pool, victim: Callable[[Pool, Callable[[dict[str, Any]], bool]], set[int]]
) -> None:
    before, seen = links(), set[str]()

    interrupted(kkp, partial(victim, pool, lambda _: True), MODULE, **POOL, replicas=1)
    assert pool.is_settled(1)
    seen |= pool.machine_names()

    interrupted(kkp, partial(victim, pool, lambda found: found["spec"]["replicas"] == 2), MODULE, **POOL, replicas=2)
    assert pool.is_settled(2)
    assert pool.machine_names() >= seen
    seen |= pool.machine_names()
    assert {path.name for path in (standing.STATE / "nodes").glob(f"{NAME}-*")} == seen
    assert len(links()) == len(before) + 2

    # An empty node is gone faster than one can look.
    with pool.held() as let_go:
        going = partial(victim, pool, lambda found: "deletionTimestamp" in found["metadata"])
        interrupted(kkp, going, MODULE, then=let_go, name=NAME, state="absent")
    assert pool.left() == []
    assert [trace for name in sorted(seen) for trace in pool.traces(name)] == []
    assert links() == before
    assert set(kkp.health().values()) == {HEALTHY}


def test_a_cluster_that_is_made_and_deleted_while_api_and_kubelet_are_killed(lab: Lab) -> None:
    kkp, before = Kkp(lab, CLUSTER), links()
    wish = {
        "version": "1.34",
        "datacenter": "lab",
        "provider": "openstack",
        "cloud_credentials": {"applicationCredentialID": "lab", "applicationCredentialSecret": "unused"},
    }

    def kubelets(*, deleting: bool) -> dict[str, set[int]]:
        """Control planes that come, or go, and their kubelets."""
        found = [one["id"] for one in lab.clusters() if one["name"] == CLUSTER and bool(one.get("deletionTimestamp")) is deleting]
        return {f"{cluster}-control-plane": programs("kubelet", node=f"{cluster}-control-plane") for cluster in found}

    def coming() -> set[int]:
        alive = set().union(*kubelets(deleting=False).values())
        return alive | programs(API) if alive else set()

    interrupted(kkp, coming, "kkp_cluster", **wish)
    assert [one["name"] for one in lab.clusters()].count(CLUSTER) == 1
    assert set(kkp.health().values()) == {HEALTHY}
    (first,) = kubelets(deleting=False)
    with Pool(kkp.id, "") as found:
        assert [node["metadata"]["name"] for node in found.kube.list("/api/v1/nodes")] == [first]
    assert len(links()) == len(before) + 1

    def going() -> set[int]:
        found = kubelets(deleting=True)
        return programs(API).union(*found.values()) if found else set()

    interrupted(kkp, going, "kkp_cluster", state="absent")
    assert CLUSTER not in [one["name"] for one in lab.clusters()]
    assert links() == before
    assert [path for path in standing.STATE.rglob(f"*{kkp.id}*") if "/etcd/" not in str(path)] == []
    assert programs("kubelet", node=first) == set()
