# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lacks to be ready, by kind; and the wait against an API server of a few lines."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.discovery import Served
from ansible_collections.ailab.conformance.plugins.module_utils._ready.predicates import (
    Field,
    condition,
    container_trouble,
    hopeless,
    lack_of,
)
from ansible_collections.ailab.conformance.plugins.module_utils._ready.wait import NotServedError, Want


def served(group: str, kind: str) -> Served:
    namespaced = kind != "Node"
    return Served(
        group=group, version="v1", kind=kind, plural=f"{kind.lower()}s", namespaced=namespaced, verbs=frozenset({"list"}), preferred=True
    )


def workload(kind: str, *, spec: dict[str, Any] | None = None, generation: int = 1, **status: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "metadata": {"name": "x", "generation": generation},
        "spec": {"template": {"spec": {"nodeSelector": {"gpu": "yes"}}}, **(spec or {})},
        "status": {"observedGeneration": 1, **status},
    }


@pytest.mark.parametrize(
    ("item", "lack"),
    [
        (workload("Deployment", updatedReplicas=1, availableReplicas=1), None),
        (workload("Deployment", spec={"replicas": 0}), None),
        (workload("Deployment", replicas=1, updatedReplicas=1, availableReplicas=1), None),
        (workload("Deployment", replicas=2, updatedReplicas=1, availableReplicas=1), "1 pods of the former template are still there"),
        (workload("Deployment", spec={"replicas": 2}, updatedReplicas=1, availableReplicas=1), "1 of 2 pods are up to date"),
        (workload("Deployment", spec={"replicas": 2}, updatedReplicas=2, availableReplicas=1), "1 of 2 pods are available"),
        (workload("Deployment", generation=2, updatedReplicas=1, availableReplicas=1), "its controller has not looked at it yet"),
        (workload("DaemonSet", desiredNumberScheduled=2, updatedNumberScheduled=2, numberAvailable=2), None),
        (workload("DaemonSet", desiredNumberScheduled=2, updatedNumberScheduled=2), "0 of 2 pods are available"),
        (workload("DaemonSet", desiredNumberScheduled=0), "no node for it, expected one that has the labels gpu=yes"),
        (workload("StatefulSet", readyReplicas=1, currentRevision="a", updateRevision="a"), None),
        (workload("StatefulSet", readyReplicas=1, currentRevision="a", updateRevision="b"), "0 of 1 pods are up to date"),
        ({"kind": "DeviceClass", "metadata": {"name": "gpu.nvidia.com"}}, None),
    ],
)
def test_readiness_of_a_kind(item: dict[str, Any], lack: str | None) -> None:
    assert lack_of(item) == lack


@pytest.mark.parametrize(
    ("conditions", "lack"),
    [
        ([{"type": "Ready", "status": "True"}], None),
        ([{"type": "Other", "status": "True"}], "no condition Ready yet"),
        ([{"type": "Ready", "status": "False", "reason": "Boot", "message": "wait"}], "condition Ready is False (Boot: wait)"),
        ([{"type": "Ready", "status": "Unknown"}], "condition Ready is Unknown"),
    ],
)
def test_a_condition_tells_why(conditions: list[dict[str, str]], lack: str | None) -> None:
    assert condition("Ready")({"status": {"conditions": conditions}}) == lack


@pytest.mark.parametrize(
    ("item", "lack"),
    [
        ({"status": {"state": "ready"}}, None),
        ({"status": {"state": "notReady"}}, "status.state is notReady, expected ready"),
        ({"status": "odd"}, "status.state is None, expected ready"),
        ({}, "status.state is None, expected ready"),
    ],
)
def test_a_field_has_a_value(item: dict[str, Any], lack: str | None) -> None:
    assert Field(path=("status", "state"), equals="ready").lack(item) == lack


@pytest.mark.parametrize(
    ("found", "lack"),
    [
        ("2", None),
        (3, None),
        ("1", "status.gpus is 1, expected at least 2"),
        ("many", "status.gpus is many, expected at least 2"),
        (None, "status.gpus is None, expected at least 2"),
    ],
)
def test_a_field_counts(found: object, lack: str | None) -> None:
    assert Field(path=("status", "gpus"), at_least=2).lack({"status": {"gpus": found}}) == lack


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        ({}, None),
        ({"containerStatuses": [{"name": "a", "state": {"running": {}}}]}, None),
        ({"containerStatuses": [{"name": "a", "state": {"waiting": {"reason": "ContainerCreating"}}}]}, None),
        (
            {"containerStatuses": [{"name": "a", "state": {"waiting": {"reason": "ErrImagePull", "message": "no such tag"}}}]},
            "container a waits: ErrImagePull no such tag",
        ),
        ({"initContainerStatuses": [{"name": "i", "state": {"terminated": {"exitCode": 2}}}]}, "container i ended with status 2"),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}]},
            "not scheduled: 0/3 nodes are available",
        ),
    ],
)
def test_a_pod_says_why_it_does_not_run(status: dict[str, Any], trouble: str | None) -> None:
    assert container_trouble({"status": status}) == trouble


def test_a_want_watches_no_more_than_it_needs() -> None:
    source = Want(api_version="apps/v1", kind="DaemonSet", namespace="gpu", name="driver").source([served("apps", "DaemonSet")])
    assert (source.path, source.fields, source.labels) == ("/apis/apps/v1/namespaces/gpu/daemonsets", "metadata.name=driver", "")


def test_the_core_group_has_a_path_of_its_own() -> None:
    assert Want(api_version="v1", kind="Node", labels="a=b").source([served("", "Node")]).path == "/api/v1/nodes"


def test_a_kind_that_is_not_served_is_named() -> None:
    with pytest.raises(NotServedError, match="no kind Gadget in v1"):
        Want(api_version="v1", kind="Gadget").source([served("", "Node")])


@pytest.mark.parametrize("status", [{}, {"status": None}, {"status": {}}, {"status": {"conditions": None}}])
def test_what_has_no_conditions_yet_lacks_one(status: dict[str, Any]) -> None:
    assert condition("Ready")(status) == "no condition Ready yet"


def test_a_condition_can_be_wanted() -> None:
    want = Want(api_version="v1", kind="Queue", name="q", condition="Active")
    active = {"metadata": {"name": "q"}, "status": {"conditions": [{"type": "Active", "status": "True"}]}}
    assert want.lacking([active]) is None
    assert want.lacking([{"metadata": {"name": "q"}}]) == "no condition Active yet"


@pytest.mark.parametrize(
    ("container", "why"),
    [
        ({"state": {"running": {}}}, None),
        ({"state": {"waiting": {"reason": "ContainerCreating"}}}, None),
        ({"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 1}, None),
        (
            {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 3, "lastState": {"terminated": {"exitCode": 2}}},
            "container a ended 3 times, last with status 2",
        ),
        (
            {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}, "image": "x:1"},
            "image x:1 of container a cannot be had: ImagePullBackOff not found",
        ),
        (
            {"state": {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "s" not found'}}},
            'container a cannot be made: CreateContainerConfigError secret "s" not found',
        ),
    ],
)
def test_a_pod_that_waiting_will_not_help_says_why(container: dict[str, Any], why: str | None) -> None:
    assert hopeless({"status": {"containerStatuses": [{"name": "a", **container}]}}) == why


def test_too_few_objects_are_counted() -> None:
    want = Want(api_version="resource.k8s.io/v1", kind="ResourceSlice", fields="spec.driver=gpu.nvidia.com", count=2)
    assert want.lacking([{"metadata": {"name": "a"}}]) == "1 found, expected 2"
    assert want.lacking([{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]) is None
    assert str(want) == "ResourceSlice (spec.driver=gpu.nvidia.com)"


def test_every_object_can_be_wanted() -> None:
    nodes = [{"metadata": {"name": name}, "status": {"gpus": gpus}} for name, gpus in (("a", "2"), ("b", "0"))]
    where = (Field(path=("status", "gpus"), at_least=1),)
    assert Want(api_version="v1", kind="Machine", where=where).lacking(nodes) is None
    assert Want(api_version="v1", kind="Machine", where=where, every=True).lacking(nodes) == "b: status.gpus is 0, expected at least 1"


def test_the_one_object_that_is_not_ready_is_described() -> None:
    ready = Field(path=("status", "state"), equals="ready")
    want = Want(api_version="nvidia.com/v1", kind="ClusterPolicy", name="cluster-policy", where=(ready,))
    policy = {"metadata": {"name": "cluster-policy"}, "status": {"state": "notReady"}}
    assert want.lacking([policy]) == "status.state is notReady, expected ready"
