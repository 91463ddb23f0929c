# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole passes of the autoscaler stand-in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lab.machines.autoscaler.lease import Lease
from lab.machines.autoscaler.scene import GOING
from lab.machines.autoscaler.settings import COMPONENT, STATUS, AutoscalerSettings
from lab.machines.autoscaler.standin import AutoscalerStandIn
from lab.machines.autoscaler.switch import settings_of, switch
from lab.machines.kube import JSON
from lab.machines.names import CONFIG_MAPS, DEPLOYMENTS, LEASES, MACHINES, NAMESPACE, NODES, PODS

from .builders import pod
from .fakes import FakeKube
from .pools import GPU, SETTINGS, TOLERATED, Cluster, promise


class Served(FakeKube):
    """One pool, of two empty nodes where nothing else is said, for whole passes; what is told is kept."""

    def __init__(self, cluster: Cluster | None = None) -> None:
        super().__init__()
        self.told: list[tuple[str, str, str]] = []
        self.create(CONFIG_MAPS.path(namespace=NAMESPACE), switch({"scale-down-unneeded-time": "0s", "scale-down-delay-after-add": "0s"}))
        if cluster is None:
            cluster = Cluster()
            cluster.pool("gpu", 2, allocation="device-plugin")
        self.hold(cluster)

    def hold(self, found: Cluster) -> None:
        """Have the objects of a cluster."""
        for resource, entries in ((NODES, found.nodes), (MACHINES, found.machines), (DEPLOYMENTS, found.deployments)):
            for entry in entries:
                namespace = "" if resource is NODES else NAMESPACE
                self.objects[resource.path(entry.name, namespace=namespace)] = entry.json
        for entry in found.sets:
            self.objects[f"/apis/cluster.k8s.io/v1alpha1/namespaces/kube-system/machinesets/{entry.name}"] = entry.json

    def create(self, path: str, body: Any) -> JSON:
        if path.endswith("/events"):
            self.told.append((body["involvedObject"]["kind"], body["reason"], body["source"]["component"]))
        return super().create(path, body)

    def apply(self, path: str, body: Any, *, manager: str) -> JSON:
        assert manager == COMPONENT
        self.objects[path] = {**body, "metadata": {**body["metadata"], "uid": "u", "resourceVersion": "1"}}
        return self.objects[path]

    def get(self, path: str) -> JSON:
        return super().get(path.removesuffix("/scale"))

    def replace(self, path: str, body: Any) -> JSON:
        return self.patch(path, {"spec": {"replicas": body["spec"]["replicas"]}})


def test_a_whole_life_up_and_down_and_back_to_the_minimum() -> None:
    kube = Served()
    deployment = DEPLOYMENTS.path("gpu", namespace=NAMESPACE)
    standin = AutoscalerStandIn(kube, SETTINGS)
    for number in range(3):
        waiting = pod(f"p{number}", pending=True, requests={GPU: "1"}, tolerations=TOLERATED)
        kube.objects[PODS.path(f"p{number}", namespace="default")] = waiting
    standin._pass()
    assert kube.objects[deployment]["spec"]["replicas"] == 3
    assert ("Pod", "TriggeredScaleUp", COMPONENT) in kube.told
    assert [reason for kind, reason, _ in kube.told if kind == "ConfigMap"] == ["ScaledUpGroup", "ScaledUpGroup"]

    kube.objects[deployment]["spec"]["replicas"] = 2
    for number in range(3):
        del kube.objects[PODS.path(f"p{number}", namespace="default")]
    standin._look()
    assert kube.objects[deployment]["spec"]["replicas"] == 1
    marked = [key for key, item in kube.objects.items() if "cluster.k8s.io/delete-machine" in (item["metadata"].get("annotations") or {})]
    tainted = [key for key, item in kube.objects.items() if any(taint["key"] == GOING for taint in item.get("spec", {}).get("taints", ()))]
    assert [key.rsplit("/", 1)[1] for key in marked] == [key.rsplit("/", 1)[1] for key in tainted] == ["gpu-0"]
    assert ("Node", "ScaleDown", COMPONENT) in kube.told
    assert ("ConfigMap", "ScaleDownEmpty", COMPONENT) in kube.told
    standin._look()
    assert kube.objects[deployment]["spec"]["replicas"] == 1


def test_an_empty_pool_gets_a_node_and_is_empty_again() -> None:
    cluster = Cluster()
    cluster.pool("zero", 0, allocation="device-plugin", **promise())
    kube, deployment = Served(cluster), DEPLOYMENTS.path("zero", namespace=NAMESPACE)
    standin = AutoscalerStandIn(kube, SETTINGS)
    waiting = PODS.path("p", namespace="default")
    kube.objects[waiting] = pod("p", pending=True, requests={GPU: "1"}, tolerations=TOLERATED, nodeSelector={"pool": "zero"})
    standin._pass()
    assert kube.objects[deployment]["spec"]["replicas"] == 1
    assert ("Pod", "TriggeredScaleUp", COMPONENT) in kube.told

    came = Cluster()
    came.pool("zero", 1, allocation="device-plugin", **promise())
    kube.hold(came)
    del kube.objects[waiting]
    standin._look()
    assert kube.objects[deployment]["spec"]["replicas"] == 0
    assert ("ConfigMap", "ScaleDownEmpty", COMPONENT) in kube.told


def test_the_stand_in_stands_aside_for_a_real_one_and_for_its_twin() -> None:
    kube = Served()
    first, second = (Lease(kube, COMPONENT, seconds=15) for _ in range(2))
    assert first.hold() == first.hold() == ""
    assert second.hold() == first._identity
    first.release()
    assert second.hold() == ""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec = {"holderIdentity": "pod-1", "leaseDurationSeconds": 15, "renewTime": now}
    kube.create(LEASES.path(namespace=NAMESPACE), {"metadata": {"name": "cluster-autoscaler"}, "spec": spec})
    assert second.hold() == "cluster-autoscaler (pod-1)"


SWITCH = CONFIG_MAPS.path(COMPONENT, namespace=NAMESPACE)
GROUP = DEPLOYMENTS.path("gpu", namespace=NAMESPACE)


def _needs_a_third_node(kube: Served) -> None:
    for number in range(3):
        waiting = pod(f"p{number}", pending=True, requests={GPU: "1"}, tolerations=TOLERATED)
        kube.objects[PODS.path(f"p{number}", namespace="default")] = waiting


def test_without_its_switch_the_stand_in_rests() -> None:
    kube = Served()
    standin = AutoscalerStandIn(kube, SETTINGS)
    _needs_a_third_node(kube)
    found = kube.objects.pop(SWITCH)
    standin._pass()
    assert kube.objects[GROUP]["spec"]["replicas"] == 2
    assert LEASES.path(COMPONENT, namespace=NAMESPACE) not in kube.objects
    kube.objects[SWITCH] = {**found, "metadata": {**found["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    standin._pass()
    assert kube.objects[GROUP]["spec"]["replicas"] == 2
    kube.objects[SWITCH] = found
    standin._pass()
    assert kube.objects[GROUP]["spec"]["replicas"] == 3


def test_what_it_writes_down_goes_with_the_switch_and_says_which_settings_are_followed() -> None:
    kube = Served()
    standin = AutoscalerStandIn(kube, SETTINGS)
    status = CONFIG_MAPS.path(STATUS, namespace=NAMESPACE)
    for patience in ("1h", "2h"):
        switched = kube.patch(SWITCH, {"data": {"scale-down-unneeded-time": patience}})["metadata"]
        standin._pass()
        assert kube.objects[status]["metadata"]["annotations"]["ailab.conformance/follows"] == switched["resourceVersion"]
        for path in (status, LEASES.path(COMPONENT, namespace=NAMESPACE)):
            (owner,) = kube.objects[path]["metadata"]["ownerReferences"]
            assert owner["uid"] == switched["uid"]
            assert owner["blockOwnerDeletion"]
    assert kube.objects[GROUP]["spec"]["replicas"] == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [({"scan-interval": "soon"}, "'soon' is no duration"), ({"expander": "random"}, "found expander, expected scan-interval")],
)
def test_settings_that_it_does_not_understand_make_it_rest(data: dict[str, str], message: str, caplog: pytest.LogCaptureFixture) -> None:
    kube = Served()
    kube.patch(SWITCH, {"data": data})
    standin = AutoscalerStandIn(kube, SETTINGS)
    _needs_a_third_node(kube)
    standin._pass()
    standin._pass()
    assert kube.objects[GROUP]["spec"]["replicas"] == 2
    (said,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert message in said


def test_a_switch_says_how_patient_it_is() -> None:
    found = switch({"scan-interval": "1s", "scale-down-unneeded-time": "1m30s", "max-node-provision-time": "10m"})
    assert settings_of(found, SETTINGS) == AutoscalerSettings(scan=1, unneeded=90, delay_after_add=SETTINGS.delay_after_add, provision=600)
