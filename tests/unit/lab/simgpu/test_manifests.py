# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifests of the simulated GPUs: everything is marked, nothing may do more than it must, and names agree with the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.images.programs import SIMGPU_VERSION

JSON = Any  # an object of the Kubernetes API

MARK = "ailab.conformance/simulated"
ALLOCATORS = ("dra-driver.yaml", "device-plugin.yaml")
MANIFESTS = (*ALLOCATORS, "exporter.yaml")


@pytest.fixture
def objects(root: Path, request: pytest.FixtureRequest) -> list[JSON]:
    text = (root / "lab/simgpu/manifests" / request.param).read_text(encoding="utf-8")
    return list(yaml.safe_load_all(text))


def _of_kind(objects: list[JSON], kind: str) -> JSON:
    (found,) = [item for item in objects if item["kind"] == kind]
    return found


@pytest.mark.parametrize("objects", MANIFESTS, indirect=True)
def test_every_object_is_marked(objects: list[JSON]) -> None:
    templates = [item["spec"]["template"] for item in objects if item["kind"] == "DaemonSet"]
    for item in [*objects, *templates]:
        assert item["metadata"]["labels"][MARK] == "true", item["metadata"]


@pytest.mark.parametrize(
    ("objects", "rules"),
    [
        (
            "dra-driver.yaml",
            {
                ("", "nodes"): ["get", "patch"],
                ("resource.k8s.io", "resourceclaims"): ["get"],
                ("resource.k8s.io", "resourceslices"): ["get", "list", "watch", "create", "update", "delete"],
            },
        ),
        ("device-plugin.yaml", {("", "nodes"): ["get", "patch"]}),
        ("exporter.yaml", {("", "nodes"): ["get"], ("", "pods"): ["get"]}),
    ],
    indirect=["objects"],
)
def test_the_role_allows_what_the_program_does_and_no_more(objects: list[JSON], rules: dict[tuple[str, str], list[str]]) -> None:
    granted = {
        (group, resource): rule["verbs"]
        for rule in _of_kind(objects, "ClusterRole")["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    assert granted == rules


@pytest.mark.parametrize("objects", ALLOCATORS, indirect=True)
def test_admission_limits_the_account_that_the_role_is_bound_to(objects: list[JSON]) -> None:
    account = _of_kind(objects, "ServiceAccount")["metadata"]
    user = f"system:serviceaccount:{account['namespace']}:{account['name']}"
    policy = _of_kind(objects, "ValidatingAdmissionPolicy")
    assert [condition["expression"] for condition in policy["spec"]["matchConditions"]] == [f"request.userInfo.username == '{user}'"]
    assert _of_kind(objects, "ValidatingAdmissionPolicyBinding")["spec"] == {
        "policyName": policy["metadata"]["name"],
        "validationActions": ["Deny"],
    }
    assert _of_kind(objects, "ClusterRoleBinding")["subjects"] == [
        {"kind": "ServiceAccount", "name": account["name"], "namespace": account["namespace"]}
    ]
    pod = _of_kind(objects, "DaemonSet")["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == account["name"]


@pytest.mark.parametrize(
    ("objects", "pool", "command"),
    [("dra-driver.yaml", "dra", "dra-driver"), ("device-plugin.yaml", "device-plugin", "device-plugin")],
    indirect=["objects"],
)
def test_the_daemon_set_serves_the_nodes_of_its_pool(objects: list[JSON], pool: str, command: str) -> None:
    pod = _of_kind(objects, "DaemonSet")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["nodeSelector"] == {"ailab.conformance/gpu-pool": pool}
    assert {"key": "nvidia.com/gpu", "operator": "Exists"} in pod["tolerations"]
    assert container["args"] == [command]
    assert container["image"] == f"lab.ailab.conformance/simgpu:{SIMGPU_VERSION}"
    assert container["imagePullPolicy"] == "IfNotPresent"


@pytest.mark.parametrize("objects", ["exporter.yaml"], indirect=True)
def test_the_exporter_serves_the_nodes_of_both_pools_where_monitoring_finds_it(objects: list[JSON]) -> None:
    pod = _of_kind(objects, "DaemonSet")["spec"]["template"]["spec"]
    (term,) = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [{"key": "ailab.conformance/gpu-pool", "operator": "In", "values": ["device-plugin", "dra"]}]
    (container,) = pod["containers"]
    assert container["image"] == f"lab.ailab.conformance/simgpu:{SIMGPU_VERSION}"
    assert container["ports"] == [{"name": "metrics", "containerPort": 9400}]
    assert "privileged" not in container["securityContext"]
    assert all(mount["readOnly"] for mount in container["volumeMounts"])
    service = _of_kind(objects, "Service")
    assert service["metadata"]["annotations"] == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "9400",
        "prometheus.io/path": "/metrics",
    }
    assert service["spec"]["ports"][0]["port"] == 9400


@pytest.mark.parametrize("objects", ["device-plugin.yaml"], indirect=True)
def test_the_namespace_of_the_plugin_comes_with_the_exporter_and_outlives_the_plugin(objects: list[JSON], root: Path) -> None:
    exporter = list(yaml.safe_load_all((root / "lab/simgpu/manifests/exporter.yaml").read_text(encoding="utf-8")))
    assert not [item for item in objects if item["kind"] == "Namespace"]
    assert {item["metadata"]["namespace"] for item in objects if "namespace" in item["metadata"]} == {
        _of_kind(exporter, "Namespace")["metadata"]["name"]
    }


@pytest.mark.parametrize("objects", ALLOCATORS, indirect=True)
def test_host_directories_have_the_same_path_in_the_container(objects: list[JSON], root: Path) -> None:
    pod = _of_kind(objects, "DaemonSet")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    on_node = {volume["name"]: volume["hostPath"]["path"] for volume in pod["volumes"]}
    in_container = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert on_node == in_container
    code = (root / "lab/simgpu/internal/layout/layout.go").read_text(encoding="utf-8")
    assert set(on_node.values()) <= set(re.findall(r'"(/[^"]+)"', code))


@pytest.mark.parametrize("objects", ["dra-driver.yaml"], indirect=True)
def test_the_device_class_selects_the_driver(objects: list[JSON]) -> None:
    device_class = _of_kind(objects, "DeviceClass")
    (selector,) = device_class["spec"]["selectors"]
    assert device_class["apiVersion"] == "resource.k8s.io/v1"
    assert device_class["metadata"]["name"] == "gpu.nvidia.com"
    assert selector["cel"]["expression"] == "device.driver == 'gpu.nvidia.com' && device.attributes['gpu.nvidia.com'].type == 'gpu'"
