# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The autoscaler stand-in on real nodes: the pool grows that a waiting pod can use, and no other; what nobody needs goes again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lab.machines.autoscaler.settings import COMPONENT
from lab.machines.autoscaler.switch import switch
from lab.machines.kube import JSON
from lab.machines.names import CONFIG_MAPS, EVENTS, NAMESPACE, PODS
from tests.integration.kkp import Kkp, until
from tests.integration.machines import Pool
from tests.integration.standing import Lab
from tests.integration.workloads import IMAGE, TOLERATION

pytestmark = pytest.mark.integration

IMPATIENT = {"scan-interval": "2s", "scale-down-unneeded-time": "5s", "scale-down-delay-after-add": "5s"}


@pytest.fixture
def pools(lab: Lab) -> Iterator[tuple[Pool, Pool]]:
    """The pools with simulated GPUs, by device plugin and by DRA, while an impatient stand-in is at work."""
    cluster = Kkp(lab).id
    path = CONFIG_MAPS.path(COMPONENT, namespace=NAMESPACE)
    with Pool(cluster, "gpu-plugin") as plugin, Pool(cluster, "gpu-dra") as dra:
        found = [one for one in plugin.kube.list(CONFIG_MAPS.path(namespace=NAMESPACE)) if one["metadata"]["name"] == COMPONENT]
        if found:
            plugin.kube.patch(path, {"data": {**dict.fromkeys(found[0].get("data") or {}), **IMPATIENT}})
        else:
            plugin.kube.create(CONFIG_MAPS.path(namespace=NAMESPACE), switch(IMPATIENT))
        yield plugin, dra
        if found:
            plugin.kube.patch(path, {"data": {**dict.fromkeys(IMPATIENT), **(found[0].get("data") or {})}})
        else:
            plugin.kube.delete(path)


def gpu_pod(name: str, gpus: int) -> JSON:
    container = {"name": "c", "image": IMAGE, "command": ["sleep", "600"], "resources": {"limits": {"nvidia.com/gpu": str(gpus)}}}
    spec = {
        "containers": [container],
        "tolerations": [TOLERATION],
        "terminationGracePeriodSeconds": 0,
        # Another pool has accelerators of the device plugin, too.
        "nodeSelector": {"ailab.conformance/pool": "gpu-plugin"},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def told(pool: Pool, kind: str, name: str = "") -> dict[str, str]:
    """What the stand-in told of objects of a kind: reason → message."""
    found: list[dict[str, Any]] = list(pool.kube.list(EVENTS.path(), fieldSelector=f"involvedObject.kind={kind}"))
    ours = [one for one in found if one["source"].get("component") == COMPONENT and name in ("", one["involvedObject"]["name"])]
    return {one["reason"]: one["message"] for one in ours}


def test_a_waiting_accelerator_pod_makes_the_right_pool_grow_and_it_shrinks_to_its_minimum(pools: tuple[Pool, Pool]) -> None:
    pool, other = pools
    assert pool.is_settled(1)
    # The first takes the node that is there, the second a new one; no node of any pool has room for the third.
    wanted = {"first": 2, "second": 2, "too-large": 9}
    sizes: list[int] = []

    def phases() -> dict[str, str]:
        sizes.append((pool.deployment() or {})["spec"]["replicas"])
        assert (other.deployment() or {})["spec"]["replicas"] == 1, "the wrong pool grew"
        return {name: pool.kube.get(PODS.path(name, namespace="default"))["status"].get("phase", "") for name in wanted}

    for name, gpus in wanted.items():
        pool.kube.create(PODS.path(namespace="default"), gpu_pod(name, gpus))
    try:
        until(lambda: phases() == {"first": "Running", "second": "Running", "too-large": "Pending"}, seconds=120, what="a second node")
        assert pool.is_settled(2)
        until(lambda: "NotTriggerScaleUp" in told(pool, "Pod", "too-large"), seconds=30, what="word of the pod that fits nowhere")
    finally:
        for name in wanted:
            pool.kube.delete(PODS.path(name, namespace="default"))
    grown = {name: told(pool, "Pod", name) for name in ("first", "second")}
    (helped,) = (reasons["TriggeredScaleUp"] for reasons in grown.values() if reasons)
    assert helped == "pod triggered scale-up: [{MachineDeployment/kube-system/gpu-plugin 1->2 (max: 3)}]"

    def shrunk() -> bool:
        sizes.append((pool.deployment() or {})["spec"]["replicas"])
        return pool.is_settled(1)

    until(shrunk, seconds=120, what="the pool at its minimum")
    assert set(sizes) == {1, 2}
    assert told(pool, "Node")["ScaleDown"]
    assert {"ScaledUpGroup", "ScaleDownEmpty"} <= told(pool, "ConfigMap").keys()
