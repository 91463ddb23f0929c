# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What gpu_operator, dra_driver and cluster_autoscaler tell the charts, and which allocators they do not let near each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from .rendering import rendered

JSON = Any

POOL, KEPT_AWAY = "ailab.conformance/gpu-pool", "nvidia.com/gpu.deploy.device-plugin"


def node(name: str, *, gpus: str | None = None, **labels: str) -> JSON:
    allocatable = {"cpu": "2"} if gpus is None else {"cpu": "2", "nvidia.com/gpu": gpus}
    return {"metadata": {"name": name, "labels": labels}, "status": {"allocatable": allocatable}}


def cluster(*nodes: JSON, published: tuple[str, ...] = (), **variables: JSON) -> dict[str, JSON]:
    slices = [{"spec": {"driver": "gpu.nvidia.com", "nodeName": name}} for name in published]
    return {"__gpu_operator_nodes": {"resources": list(nodes)}, "__gpu_operator_slices": {"resources": slices}, **variables}


@pytest.fixture(scope="module")
def operator(root: Path) -> JSON:
    cases = {
        "plugin": {},
        "dra": {"gpu_operator_allocation": "dra"},
        "hybrid": {"gpu_operator_allocation": "hybrid"},
        "parts": {"gpu_operator_mig_strategy": "mixed", "gpu_operator_mig_profiles": {"halves": [{"devices": "all", "mig-enabled": True}]}},
        "shared": {"gpu_operator_time_slicing": {"four": 4}, "gpu_operator_time_slicing_default": "four"},
    }
    return rendered(root, "gpu_operator", "__gpu_operator_values", cases)


def test_a_variable_of_a_pod_gets_no_device(operator: JSON) -> None:
    for values in operator.values():
        assert values["cdi"] == {"enabled": True}
        assert {entry["name"]: entry["value"] for entry in values["toolkit"]["env"]} == {
            "ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED": "false",
            "ACCEPT_NVIDIA_VISIBLE_DEVICES_AS_VOLUME_MOUNTS": "true",
        }


def test_the_operator_hands_devices_out_unless_the_driver_does(operator: JSON) -> None:
    assert {case: values["devicePlugin"]["enabled"] for case, values in operator.items()} == {
        "plugin": True,
        "dra": False,
        "hybrid": True,
        "parts": True,
        "shared": True,
    }


def test_the_exporter_names_the_pod_that_holds_a_device(operator: JSON) -> None:
    claims = [{"name": "KUBERNETES_ENABLE_DRA", "value": "true"}]
    for case, values in operator.items():
        assert values["dcgmExporter"]["serviceMonitor"]["honorLabels"] is True
        assert values["dcgmExporter"]["env"] == (claims if case in ("dra", "hybrid") else [])


def test_profiles_of_parts_and_of_sharing(operator: JSON) -> None:
    assert operator["plugin"]["migManager"] == {"enabled": True, "config": {"default": "all-disabled"}}
    assert "config" not in operator["plugin"]["devicePlugin"]
    parts = operator["parts"]["migManager"]["config"]
    assert parts["create"]
    assert yaml.safe_load(parts["data"]["config.yaml"]) == {
        "version": "v1",
        "mig-configs": {"halves": [{"devices": "all", "mig-enabled": True}]},
    }
    sharing = operator["shared"]["devicePlugin"]["config"]
    assert (sharing["create"], sharing["default"]) == (True, "four")
    assert yaml.safe_load(sharing["data"]["four"])["sharing"]["timeSlicing"] == {
        "failRequestsGreaterThanOne": True,
        "resources": [{"name": "nvidia.com/gpu", "replicas": 4}],
    }


@pytest.fixture(scope="module")
def clashes(root: Path) -> JSON:
    dra, plugin, kept_away = {POOL: "dra"}, {POOL: "device-plugin"}, {POOL: "dra", KEPT_AWAY: "false"}
    cases = {
        "nothing": cluster(node("a"), node("b", gpus="0")),
        "plugin": cluster(node("a", gpus="2", **plugin)),
        "driver": cluster(node("a", gpus="0", **kept_away), published=("a",)),
        "apart": cluster(node("a", gpus="2", **plugin), node("b", **kept_away), published=("b",)),
        "both": cluster(node("a", gpus="2", **kept_away), published=("a",)),
        "astray": cluster(node("a", **plugin), published=("a",)),
        "not kept away": cluster(node("a", **dra)),
        "lab": cluster(node("a", **dra), gpu_operator_provider="lab"),
        "all nodes": cluster(node("a", gpus="2"), gpu_operator_dra_nodes={}),
    }
    return rendered(root, "gpu_operator", "__gpu_operator_clashes", cases)


@pytest.mark.parametrize(
    ("allocation", "refused"),
    [
        ("device_plugin", {"driver", "apart", "both", "astray"}),
        ("dra", {"both"}),
        ("hybrid", {"both", "astray", "not kept away", "all nodes"}),
        ("dra_driver", {"both", "all nodes"}),
    ],
)
def test_two_allocators_over_one_device_are_refused(clashes: JSON, allocation: str, refused: set[str]) -> None:
    found = {case for case, entries in clashes.items() if any(entry["nodes"] for entry in entries[allocation])}
    assert found == refused


def test_the_refusal_names_the_nodes(clashes: JSON) -> None:
    (both, at_work) = clashes["apart"]["device_plugin"]
    assert both["nodes"] == []
    assert at_work["nodes"] == ["b"]


def test_nvidia_s_driver_takes_gpus_of_its_nodes_only(root: Path) -> None:
    cases: dict[str, JSON] = {"all": {}, "some": {"dra_driver_node_labels": {POOL: "dra"}}}
    values = rendered(root, "dra_driver", "__dra_driver_values", cases)
    assert values["all"]["gpuResourcesEnabledOverride"] is True
    assert values["all"]["resources"] == {"gpus": {"enabled": True}, "computeDomains": {"enabled": False}}
    assert values["some"]["kubeletPlugin"]["nodeSelector"] == {POOL: "dra"}


def test_the_autoscaler_speaks_kkp_s_group_and_may_see_claims(root: Path) -> None:
    cases: dict[str, JSON] = {"patient": {}, "brisk": {"cluster_autoscaler_unneeded_time": "90s", "cluster_autoscaler_expander": "random"}}
    values = rendered(root, "cluster_autoscaler", "__cluster_autoscaler_values", cases)
    patient = values["patient"]
    assert (patient["cloudProvider"], patient["clusterAPIMode"]) == ("clusterapi", "incluster-incluster")
    assert patient["extraEnv"] == {"CAPI_GROUP": "cluster.k8s.io"}
    assert patient["image"]["tag"].startswith("v1.34.")
    assert patient["extraArgs"]["enable-dynamic-resource-allocation"] is True
    role, binding = patient["extraObjects"]
    assert {group for rule in role["rules"] for group in rule["apiGroups"]} == {"cluster.k8s.io", "resource.k8s.io"}
    assert binding["subjects"][0]["name"] == patient["rbac"]["serviceAccount"]["name"]
    assert values["brisk"]["extraArgs"]["scale-down-unneeded-time"] == "90s"
    assert values["brisk"]["extraArgs"]["expander"] == "random"


def deployment(name: str, *, minimum: str | None = "1", labels: dict[str, str] | None = None, **capacity: str) -> JSON:
    bounds = (
        {}
        if minimum is None
        else {f"cluster.k8s.io/cluster-api-autoscaler-node-group-{end}-size": size for end, size in (("min", minimum), ("max", "3"))}
    )
    notes = bounds | {f"capacity.cluster-autoscaler.kubernetes.io/{key.replace('_', '-')}": value for key, value in capacity.items()}
    template = {"spec": {"metadata": {"labels": labels or {}}}}
    return {"metadata": {"name": name, "annotations": notes}, "spec": {"template": template}}


def test_pools_that_the_autoscaler_cannot_see_through_are_named(root: Path) -> None:
    machines = [
        deployment("fixed", minimum=None),
        deployment("unknown", minimum="0"),
        deployment("half-known", minimum="0", cpu="4"),
        deployment("known", minimum="0", cpu="4", memory="8Gi"),
        deployment("unlabelled", cpu="4", memory="8Gi", gpu_count="2"),
        deployment("labelled", cpu="4", memory="8Gi", gpu_count="2", labels={"cluster-api/accelerator": "nvidia"}),
    ]
    cases = {"found": {"__cluster_autoscaler_machines": {"resources": machines}}}
    expression = "{'unknown': __cluster_autoscaler_unknown, 'unlabelled': __cluster_autoscaler_unlabelled}"
    assert rendered(root, "cluster_autoscaler", expression, cases)["found"] == {
        "unknown": ["unknown", "half-known"],
        "unlabelled": ["unlabelled"],
    }


def test_the_lab_s_device_plugin_comes_where_it_hands_devices_out(root: Path) -> None:
    ways = ("device_plugin", "hybrid", "dra")
    cases: dict[str, JSON] = {way: {"gpu_operator_provider": "lab", "gpu_operator_allocation": way} for way in ways}
    cases["gone"] = {"gpu_operator_provider": "lab", "gpu_operator_state": "absent"}
    parts = rendered(root, "gpu_operator", "__gpu_operator_parts", cases)
    assert {case: {part["manifest"]: part["state"] for part in found} for case, found in parts.items()} == {
        "device_plugin": {"exporter": "present", "device-plugin": "present"},
        "hybrid": {"exporter": "present", "device-plugin": "present"},
        "dra": {"exporter": "present", "device-plugin": "absent"},
        "gone": {"exporter": "absent", "device-plugin": "absent"},
    }
    assert all((root / f"lab/simgpu/manifests/{part['manifest']}.yaml").is_file() for part in parts["hybrid"])


def test_nodes_are_waited_for_where_the_operator_hands_devices_out(root: Path) -> None:
    ready = "__gpu_operator_ready_helm + (__gpu_operator_nodes_helm if __gpu_operator_plugin else [])"
    found = rendered(root, "gpu_operator", ready, {way: {"gpu_operator_allocation": way} for way in ("device_plugin", "dra")})
    assert [want["kind"] for want in found["device_plugin"]] == ["ClusterPolicy", "Pod", "Node"]
    assert [want["kind"] for want in found["dra"]] == ["ClusterPolicy", "Pod"]
    (_, pods, nodes) = found["device_plugin"]
    # An image that cannot be had ends the wait, whoever made the pod.
    assert (pods["namespace"], pods["count"], pods["every"]) == ("gpu-operator", 0, True)
    assert nodes["every"] is True
    assert nodes["where"] == [{"path": ["status", "allocatable", "nvidia.com/gpu"], "at_least": 1}]


def test_the_stand_in_is_switched_by_the_same_words_as_the_autoscaler(root: Path) -> None:
    cases: dict[str, JSON] = {"it": {"cluster_autoscaler_provider": "lab", "cluster_autoscaler_unneeded_time": "90s"}}
    asked = "{'switch': __cluster_autoscaler_switch, 'arguments': __cluster_autoscaler_values.extraArgs}"
    told = rendered(root, "cluster_autoscaler", asked, cases)["it"]
    assert told["switch"]["metadata"]["labels"] == {"ailab.conformance/simulated": "true"}
    assert told["switch"]["data"].items() <= told["arguments"].items()
    assert told["switch"]["data"]["scale-down-unneeded-time"] == "90s"
