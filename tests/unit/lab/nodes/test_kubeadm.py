# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubeadm is told what makes a lab node work; each line here was a cluster that did not come up without it."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import yaml

from lab.nodes.addresses import AddressPlan
from lab.nodes.kubeadm import NodeIdentity, discovery_kubeconfig, init_documents, join_documents

ADDRESSES = AddressPlan(IPv4Network("10.208.0.0/12")).cluster(0)
NODE = NodeIdentity(
    name="lab-gpu-0",
    provider_id="ailab://lab/lab-gpu-0",
    address="10.208.0.11",
    labels={"b": "2", "a": "1"},
    taints=["nvidia.com/gpu=present:NoSchedule", "x:NoExecute"],
)


def documents() -> dict[str, Any]:
    text = init_documents(cluster="lab", version="v1.34.4", token="abcdef.0123456789abcdef", identity=NODE, addresses=ADDRESSES)
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


def test_the_version_is_given_so_that_nobody_on_the_internet_is_asked() -> None:
    assert documents()["ClusterConfiguration"]["kubernetesVersion"] == "v1.34.4"


def test_the_kubelet_runs_on_any_cgroup_version_and_beside_a_full_disk() -> None:
    kubelet = documents()["KubeletConfiguration"]
    assert (kubelet["failCgroupV1"], kubelet["cgroupDriver"], kubelet["failSwapOn"]) == (False, "cgroupfs", False)
    assert set(kubelet["evictionHard"].values()) == {"0%"}
    assert kubelet["resolvConf"] == ""


def test_kube_proxy_leaves_this_machine_s_conntrack_table_alone() -> None:
    proxy = documents()["KubeProxyConfiguration"]
    assert (proxy["mode"], proxy["conntrack"]["maxPerCore"], proxy["conntrack"]["min"]) == ("nftables", 0, 0)


def test_labels_and_taints_are_the_kubelet_s_from_the_first_moment() -> None:
    registration = yaml.safe_load(join_documents(token="abcdef.0123456789abcdef", identity=NODE, discovery="/d"))["nodeRegistration"]
    assert {"name": "node-labels", "value": "a=1,b=2"} in registration["kubeletExtraArgs"]
    assert registration["taints"] == [
        {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"},
        {"key": "x", "value": "", "effect": "NoExecute"},
    ]


def test_discovery_needs_no_credentials() -> None:
    found = yaml.safe_load(discovery_kubeconfig(server="https://10.208.0.10:6443", ca="Q0E="))
    assert found["clusters"][0]["cluster"] == {"server": "https://10.208.0.10:6443", "certificate-authority-data": "Q0E="}
    assert "users" not in found
