# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubeadm's configuration files (kubeadm.k8s.io/v1beta4) for the lab's nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from lab.nodes.addresses import ClusterAddresses
from lab.nodes.runtime import COLLECTS_RARELY, CRI_SOCKET

API_PORT = 6443
ETCD_TAG = "3.6.8-0"
# Steps of ``kubeadm init`` that the lab does otherwise: its CoreDNS answers cluster names only, as there is no name server to forward to.
_SKIPPED = ["preflight", "addon/coredns", "show-join-command"]


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """What the kubelet of a node registers with.

    Attributes:
        provider_id: what the node tells of the machine under it (Node spec.providerID).
        taints: as in ``key=value:Effect``; ignored for the control plane, which has kubeadm's.
    """

    name: str
    address: str
    provider_id: str
    labels: Mapping[str, str]
    taints: Sequence[str]


def init_documents(*, cluster: str, version: str, token: str, identity: NodeIdentity, addresses: ClusterAddresses) -> str:
    """The configuration of ``kubeadm init``.

    Args:
        version: of Kubernetes, e.g. v1.34.4; given, so that kubeadm asks nobody on the internet for it.
        token: the bootstrap token that workers join with.
    """
    endpoint = {"advertiseAddress": identity.address, "bindPort": API_PORT}
    init = {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "InitConfiguration",
        "localAPIEndpoint": endpoint,
        "bootstrapTokens": [
            {
                "token": token,
                "ttl": "0s",
                "usages": ["signing", "authentication"],
                "groups": ["system:bootstrappers:kubeadm:default-node-token"],
            }
        ],
        "nodeRegistration": _registration(identity),
        "skipPhases": _SKIPPED,
    }
    shape = {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "ClusterConfiguration",
        "clusterName": cluster,
        "kubernetesVersion": version,
        "encryptionAlgorithm": "ECDSA-P256",
        "networking": {"podSubnet": str(addresses.pods), "serviceSubnet": str(addresses.services), "dnsDomain": "cluster.local"},
        # The node engine hands out pod ranges: the CNI plugin is configured before the node exists.
        # A HorizontalPodAutoscaler is looked at every 15 s by default: six looks make a minute and a half of a verification.
        "controllerManager": {
            **_seldom_collecting(),
            "extraArgs": _arguments(
                {
                    "allocate-node-cidrs": "false",
                    "leader-elect": "false",
                    "flex-volume-plugin-dir": "/var/lib/kubelet/volumeplugins",
                    "horizontal-pod-autoscaler-sync-period": "2s",
                }
            ),
        },
        "apiServer": _seldom_collecting(),
        "scheduler": {**_seldom_collecting(), "extraArgs": _arguments({"leader-elect": "false"})},
        # A lab's data may die with the machine's power, but not with a process: the page cache is enough.
        "etcd": {
            "local": {
                **_seldom_collecting(),
                "dataDir": "/var/lib/etcd",
                "imageTag": ETCD_TAG,
                "extraArgs": _arguments({"unsafe-no-fsync": "true"}),
            }
        },
    }
    return yaml.safe_dump_all([init, shape, _kubelet(addresses), _kube_proxy(addresses)], sort_keys=False)


def join_documents(*, token: str, identity: NodeIdentity, discovery: str) -> str:
    """The configuration of ``kubeadm join``.

    Args:
        discovery: path, on the node, of a kubeconfig that names the API server and its CA.
    """
    join = {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "JoinConfiguration",
        "discovery": {"file": {"kubeConfigPath": discovery}, "tlsBootstrapToken": token},
        "nodeRegistration": _registration(identity),
        "skipPhases": ["preflight"],
    }
    return yaml.safe_dump(join, sort_keys=False)


def discovery_kubeconfig(*, server: str, ca: str) -> str:
    """A kubeconfig without credentials.

    Args:
        ca: the cluster's CA certificate, base64 of PEM.
    """
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "", "cluster": {"server": server, "certificate-authority-data": ca}}],
        }
    )


def _seldom_collecting() -> dict[str, Any]:
    return {"extraEnvs": [{"name": name, "value": value} for name, value in COLLECTS_RARELY.items()]}


def _registration(identity: NodeIdentity) -> dict[str, Any]:
    flags = {"node-ip": identity.address, "hostname-override": identity.name, "provider-id": identity.provider_id}
    if identity.labels:
        flags["node-labels"] = ",".join(f"{key}={value}" for key, value in sorted(identity.labels.items()))
    registration: dict[str, Any] = {"name": identity.name, "criSocket": CRI_SOCKET, "kubeletExtraArgs": _arguments(flags)}
    if identity.taints:
        registration["taints"] = [_taint(taint) for taint in identity.taints]
    return registration


def _taint(text: str) -> dict[str, str]:
    pair, _, effect = text.rpartition(":")
    key, _, value = pair.partition("=")
    return {"key": key, "value": value, "effect": effect}


def _kubelet(addresses: ClusterAddresses) -> dict[str, Any]:
    never = {"memory.available": "0%", "nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%"}
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "cgroupfs",
        "clusterDNS": [str(addresses.dns)],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": CRI_SOCKET,
        # A disk that this machine's owner has half filled is no reason to taint the lab's nodes or to throw their images away.
        "evictionHard": never,
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "failCgroupV1": False,
        "failSwapOn": False,
        "resolvConf": "",
        "serializeImagePulls": False,
        "volumePluginDir": "/var/lib/kubelet/volumeplugins",
        # Extended resources of a device plugin reach the API server with the next update; it writes only what changed.
        "nodeStatusUpdateFrequency": "2s",
        "nodeStatusReportFrequency": "1m",
        "logging": {"flushFrequency": 0, "verbosity": 2},
    }


def _kube_proxy(addresses: ClusterAddresses) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clusterCIDR": str(addresses.pods),
        # The table's size belongs to this machine; a network namespace cannot set it.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "nftables": {"minSyncPeriod": "100ms"},
    }


def _arguments(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in sorted(values.items())]
