# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machine controllers on a real API server with real nodes, in a lab of the test's own: AILAB_MACHINES_LIVE=1 says that it may be made."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.machines.autoscaler.settings import COMPONENT
from lab.machines.kube import Access, Kube
from lab.machines.names import (
    CAPACITY,
    DEPLOYMENTS,
    EVENTS,
    MACHINES,
    MAX_SIZE,
    MIN_SIZE,
    NAMESPACE,
    NODE_MACHINE,
    NODES,
    PODS,
    SERVICES,
    SETS,
    UNNEEDED_TIME,
)
from lab.machines.views import moment
from lab.settings import Settings

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("AILAB_MACHINES_LIVE"), reason="AILAB_MACHINES_LIVE is not set: it makes a lab of its own, as root"
    ),
]

SETTINGS = Settings(name="ailabm", state_dir=Path("/var/lib/ailabm"), supernet=IPv4Network("10.144.0.0/12"))
CLUSTER = "m1"
WORDS = ["--name=ailabm", f"--state-dir={SETTINGS.state_dir}", f"--supernet={SETTINGS.supernet}"]


@pytest.fixture(scope="module")
def kube(root: Path) -> Iterator[Kube]:
    lab = [sys.executable, "-m", "lab", *WORDS]
    subprocess.run([*lab, "up", "--cluster", CLUSTER], cwd=root, check=True)
    client = Kube(Access.of(SETTINGS.kubeconfig(CLUSTER)))
    yield client
    client.close()
    if not os.environ.get("AILAB_MACHINES_KEEP"):
        subprocess.run([*lab, "down"], cwd=root, check=True)


@contextmanager
def controllers(root: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "tests/unit/lab/machines/engine_nodes.py", *WORDS, "--cluster", CLUSTER]
    with log.open("ab") as file:
        process = subprocess.Popen(words, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=file, stderr=file)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def deployment(name: str, replicas: int, **spec: Any) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(f"""
        apiVersion: cluster.k8s.io/v1alpha1
        kind: MachineDeployment
        metadata: {{name: {name}, namespace: kube-system, finalizers: [foregroundDeletion]}}
        spec:
          replicas: {replicas}
          selector: {{matchLabels: {{machine: md-{name}}}}}
          template:
            metadata: {{labels: {{machine: md-{name}}}}}
            spec:
              metadata: {{labels: {{pool: {name}, node.kubernetes.io/pool: {name}}}}}
              taints: [{{key: nvidia.com/gpu, value: present, effect: NoSchedule}}]
              versions: {{kubelet: 1.34.4}}
              providerSpec: {{value: {{cloudProvider: lab, cloudProviderSpec: {{accelerators: {{allocation: dra, count: 2}}}}}}}}
    """)
    document["spec"] |= spec
    return document


def until(decided: Callable[[], object], *, seconds: float, what: str) -> float:
    start = time.monotonic()
    while not decided():
        assert time.monotonic() - start < seconds, f"{what}: not within {seconds} s"
        time.sleep(0.1)
    return time.monotonic() - start


def scale(kube: Kube, name: str, replicas: int) -> None:
    kube.patch(DEPLOYMENTS.path(name, namespace=NAMESPACE, sub="scale"), {"spec": {"replicas": replicas}})


def machines(kube: Kube, name: str) -> list[dict[str, Any]]:
    return list(kube.list(MACHINES.path(namespace=NAMESPACE), labelSelector=f"machine=md-{name}"))


def workers(kube: Kube, name: str) -> list[dict[str, Any]]:
    return list(kube.list(NODES.path(), labelSelector=f"pool={name}"))


def settled(kube: Kube, name: str, size: int) -> Callable[[], bool]:
    def look() -> bool:
        status = kube.get(DEPLOYMENTS.path(name, namespace=NAMESPACE)).get("status", {})
        counted = {status.get(key, 0) for key in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")}
        return counted == {size} and len(machines(kube, name)) == size == len(workers(kube, name)) and not status["unavailableReplicas"]

    return look


def gone(kube: Kube, name: str) -> Callable[[], bool]:
    def look() -> bool:
        left = [item["metadata"]["name"] for item in kube.list(DEPLOYMENTS.path(namespace=NAMESPACE))]
        return name not in left and not machines(kube, name) and not workers(kube, name)

    return look


def traces(node: str) -> list[str]:
    namespaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    return [line for line in namespaces.splitlines() if node in line] + [
        str(path) for path in (SETTINGS.state_dir / "nodes").glob(f"{node}*")
    ]


def seconds_to_ready(kube: Kube, name: str) -> dict[str, float]:
    found = {}
    for machine in machines(kube, name):
        node = kube.get(NODES.path(machine["status"]["nodeRef"]["name"]))
        ready = next(entry for entry in node["status"]["conditions"] if entry["type"] == "Ready")
        created = moment(machine["metadata"]["creationTimestamp"])
        found[machine["metadata"]["name"]] = (moment(ready["lastTransitionTime"]) - created).total_seconds()
    return found


def test_a_deployment_grows_and_shrinks_with_real_nodes(kube: Kube, root: Path, tmp_path: Path, record_property: Any) -> None:
    name = "workers"
    with controllers(root, tmp_path / "log"):
        until(lambda: bool(kube.get("/apis").get("groups")) and _served(kube), seconds=30, what="the kinds")
        kube.create(DEPLOYMENTS.path(namespace=NAMESPACE), deployment(name, 1))
        until(settled(kube, name, 1), seconds=60, what="the first machine")
        (machine,), (node,) = machines(kube, name), workers(kube, name)
        assert machine["spec"]["providerID"] == node["spec"]["providerID"]
        assert machine["status"]["nodeRef"]["uid"] == node["metadata"]["uid"]
        assert node["metadata"]["annotations"][NODE_MACHINE] == f"{NAMESPACE}/{machine['metadata']['name']}"
        assert node["metadata"]["labels"]["ailab.conformance/simulated-gpus"] == "2"
        assert node["metadata"]["labels"]["node.kubernetes.io/pool"] == name
        assert [taint["key"] for taint in node["spec"]["taints"]] == ["nvidia.com/gpu"]
        owner = kube.get(SETS.path(machine["metadata"]["ownerReferences"][0]["name"], namespace=NAMESPACE))
        assert owner["metadata"]["ownerReferences"][0]["name"] == name
        record_property("first", seconds_to_ready(kube, name))

        scale(kube, name, 3)
        until(settled(kube, name, 3), seconds=60, what="three machines")
        record_property("three", seconds_to_ready(kube, name))

        marked, *_ = (item["metadata"]["name"] for item in machines(kube, name))
        kube.patch(MACHINES.path(marked, namespace=NAMESPACE), {"metadata": {"annotations": {"cluster.k8s.io/delete-machine": "true"}}})
        scale(kube, name, 2)
        until(settled(kube, name, 2), seconds=60, what="two machines")
        assert marked not in [item["metadata"]["name"] for item in machines(kube, name)]
        assert traces(marked) == []
        scale(kube, name, 1)
        record_property("down", until(settled(kube, name, 1), seconds=60, what="one machine"))
        kube.delete(DEPLOYMENTS.path(name, namespace=NAMESPACE))
        record_property("deleted", until(gone(kube, name), seconds=90, what="nothing"))
        assert traces(name) == []


def test_a_new_template_replaces_nodes_one_after_the_other(kube: Kube, root: Path, tmp_path: Path) -> None:
    name = "rolling"
    with controllers(root, tmp_path / "log"):
        until(lambda: _served(kube), seconds=30, what="the kinds")
        kube.create(DEPLOYMENTS.path(namespace=NAMESPACE), deployment(name, 2))
        until(settled(kube, name, 2), seconds=60, what="two machines")
        before = {item["metadata"]["name"] for item in machines(kube, name)}
        changed = {"spec": {"template": {"spec": {"metadata": {"annotations": {"forceRestart": "1"}}}}}}
        kube.patch(DEPLOYMENTS.path(name, namespace=NAMESPACE), changed)
        sizes: set[tuple[int, int]] = set()

        def replaced() -> bool:
            alive = [item for item in machines(kube, name) if "deletionTimestamp" not in item["metadata"]]
            status = kube.get(DEPLOYMENTS.path(name, namespace=NAMESPACE))["status"]
            sizes.add((len(alive), status["availableReplicas"]))
            return settled(kube, name, 2)() and not before & {item["metadata"]["name"] for item in alive}

        until(replaced, seconds=120, what="new machines")
        assert max(alive for alive, _ in sizes) <= 3
        assert min(available for _, available in sizes) >= 2
        kube.delete(DEPLOYMENTS.path(name, namespace=NAMESPACE))
        until(gone(kube, name), seconds=90, what="nothing")


@pytest.mark.parametrize("seconds", [0.15, 0.6, 1.5, 3.0])
def test_a_controller_killed_at_work_is_followed_by_one_that_ends_it(kube: Kube, root: Path, tmp_path: Path, seconds: float) -> None:
    name = f"killed{int(seconds * 100)}"
    log = tmp_path / "log"
    with controllers(root, log) as process:
        until(lambda: _served(kube), seconds=30, what="the kinds")
        kube.create(DEPLOYMENTS.path(namespace=NAMESPACE), deployment(name, 2))
        until(lambda: bool(machines(kube, name)), seconds=10, what="a machine")
        time.sleep(seconds)
        process.kill()
    with controllers(root, log) as process:
        until(settled(kube, name, 2), seconds=60, what="two machines")
        kube.delete(DEPLOYMENTS.path(name, namespace=NAMESPACE))
        until(lambda: any("deletionTimestamp" in item["metadata"] for item in machines(kube, name)), seconds=10, what="a machine going")
        time.sleep(seconds / 4)
        process.kill()
    with controllers(root, log):
        until(gone(kube, name), seconds=90, what="nothing")
        assert traces(name) == []


def test_services_get_addresses_of_the_cluster_and_free_them(kube: Kube, root: Path, tmp_path: Path) -> None:
    def service(name: str, **spec: Any) -> dict[str, Any]:
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"type": "LoadBalancer", "ports": [{"port": 80}], "selector": {"a": "b"}, **spec},
        }

    def address(name: str) -> str:
        ingress = kube.get(SERVICES.path(name, namespace="default"))["status"]["loadBalancer"].get("ingress")
        return str(ingress[0]["ip"]) if ingress else ""

    with controllers(root, tmp_path / "log"):
        for name in ("one", "two"):
            kube.create(SERVICES.path(namespace="default"), service(name))
            until(partial(address, name), seconds=10, what="an address")
        first = address("one")
        assert IPv4Address(first) in IPv4Network("10.146.0.0/20")
        assert first != address("two")
        kube.delete(SERVICES.path("one", namespace="default"))
        kube.create(SERVICES.path(namespace="default"), service("three"))
        until(lambda: bool(address("three")), seconds=10, what="an address")
        assert address("three") == first
        kube.patch(SERVICES.path("two", namespace="default"), {"spec": {"type": "ClusterIP"}})
        until(lambda: not address("two"), seconds=10, what="no address")
        for name in ("two", "three"):
            kube.delete(SERVICES.path(name, namespace="default"))


def test_pending_accelerator_pods_make_the_right_pool_grow_and_shrink(kube: Kube, root: Path, tmp_path: Path, record_property: Any) -> None:
    def pool(name: str, replicas: int, **annotations: str) -> None:
        body = deployment(name, replicas)
        spec = body["spec"]["template"]["spec"]
        sizes = {MIN_SIZE: str(replicas), MAX_SIZE: "2", UNNEEDED_TIME: "5s"}
        body["metadata"]["annotations"] = {**sizes, **annotations}
        if replicas:
            spec["providerSpec"]["value"]["cloudProviderSpec"]["accelerators"] = {"allocation": "device-plugin", "count": 1}
        else:
            spec["providerSpec"]["value"]["cloudProviderSpec"] = {}
        kube.create(DEPLOYMENTS.path(namespace=NAMESPACE), body)

    def running(*names: str) -> Callable[[], bool]:
        pods = [PODS.path(name, namespace="default") for name in names]
        return lambda: all((kube.get(path).get("status") or {}).get("phase") == "Running" for path in pods)

    def reasons(kind: str, component: str = COMPONENT) -> set[str]:
        found = kube.list(EVENTS.path(), fieldSelector=f"involvedObject.kind={kind}")
        return {entry["reason"] for entry in found if entry["source"].get("component") == component}

    kubectl = [str(SETTINGS.state_dir / "bin/kubectl"), f"--kubeconfig={SETTINGS.kubeconfig(CLUSTER)}"]
    subprocess.run(
        [*kubectl, "apply", "-f", "lab/simgpu/manifests/exporter.yaml", "-f", "lab/simgpu/manifests/device-plugin.yaml"],
        cwd=root,
        check=True,
    )
    with controllers(root, tmp_path / "log"):
        until(lambda: _served(kube), seconds=30, what="the kinds")
        pool("gpu", 1)
        pool("zero", 0, **{f"{CAPACITY}cpu": "4", f"{CAPACITY}memory": "8Gi"})
        until(settled(kube, "gpu", 1), seconds=60, what="the first node")
        for name in ("one", "two", "three"):
            kube.create(PODS.path(namespace="default"), gpu_pod(name))
        record_property("grown", until(settled(kube, "gpu", 2), seconds=90, what="a second node"))
        until(lambda: sum(running(name)() for name in ("one", "two", "three")) == 2, seconds=60, what="two pods at work")
        until(lambda: reasons("Pod") >= {"TriggeredScaleUp", "NotTriggerScaleUp"}, seconds=30, what="events of both kinds")
        assert kube.get(DEPLOYMENTS.path("gpu", namespace=NAMESPACE))["spec"]["replicas"] == 2
        assert kube.get(DEPLOYMENTS.path("zero", namespace=NAMESPACE))["spec"]["replicas"] == 0
        for name in ("one", "two", "three"):
            kube.delete(PODS.path(name, namespace="default"), gracePeriodSeconds=1)
        record_property("shrunk", until(settled(kube, "gpu", 1), seconds=120, what="the minimum"))
        assert "ScaleDown" in reasons("Node")
        assert "ScaledUpGroup" in reasons("ConfigMap")
        assert "ScaleDownEmpty" in reasons("ConfigMap")
        for name in ("gpu", "zero"):
            kube.delete(DEPLOYMENTS.path(name, namespace=NAMESPACE))
            until(gone(kube, name), seconds=90, what="nothing")


def gpu_pod(name: str) -> dict[str, Any]:
    container = {
        "name": "c",
        "image": "docker.io/library/busybox:1.35.0",
        "command": ["sleep", "600"],
        "resources": {"limits": {"nvidia.com/gpu": "1"}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"containers": [container], "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]},
    }


def _served(kube: Kube) -> bool:
    return any(group["name"] == "cluster.k8s.io" for group in kube.get("/apis")["groups"])
