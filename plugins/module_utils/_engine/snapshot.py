# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster is made of: its version, its nodes, the components of the platform with the digests of their images."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds

from .codec import digest
from .documents import ClusterFacts, Component, ImageRef, Node
from .fidelity import is_simulated_node

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster

JSON = Any


def fingerprint(cluster: Cluster) -> str:
    """Tells clusters apart: the digest of the UID of the namespace kube-system, which lives as long as the cluster.

    Raises:
        ApiError: the server refuses to show it.
        UnreachableError: no answer.
    """
    return digest(str(cluster.get(kinds.NAMESPACE.path(name="kube-system"))["metadata"]["uid"]).encode())


def take(cluster: Cluster, *, namespaces: Collection[str]) -> ClusterFacts:
    """Reads what the cluster is made of.

    Args:
        cluster: the API server.
        namespaces: whose workloads are components of the platform.

    Raises:
        ApiError: the server refuses to show something.
        UnreachableError: no answer.
    """
    version = cluster.get("/version")
    nodes = cluster.list(kinds.NODE.collection()).items
    pods = [pod for namespace in sorted(namespaces) for pod in cluster.list(kinds.POD.collection(namespace)).items]
    return ClusterFacts(
        fingerprint=fingerprint(cluster),
        version={str(key): value for key, value in version.items()},
        nodes=tuple(sorted((node_of(node) for node in nodes), key=lambda node: node.name)),
        components=components(pods),
    )


def node_of(node: JSON) -> Node:
    """A node in short. Pure."""
    info = (node.get("status") or {}).get("nodeInfo") or {}
    return Node(
        name=node["metadata"]["name"],
        kubelet=str(info.get("kubeletVersion", "")),
        os_image=str(info.get("osImage", "")),
        runtime=str(info.get("containerRuntimeVersion", "")),
        simulated=is_simulated_node(node),
        labels=dict(node["metadata"].get("labels") or {}),
    )


def components(pods: Iterable[JSON]) -> tuple[Component, ...]:
    """The workloads that some pods belong to, with the images that they really run. Pure."""
    images: dict[tuple[str, str, str], set[ImageRef]] = defaultdict(set)
    for pod in pods:
        for status in (pod.get("status") or {}).get("containerStatuses") or []:
            images[_workload(pod)].add(ImageRef(image=str(status.get("image", "")), image_id=str(status.get("imageID", ""))))
    return tuple(
        Component(namespace=key[0], kind=key[1], name=key[2], images=tuple(sorted(found, key=lambda ref: (ref.image, ref.image_id))))
        for key, found in sorted(images.items())
    )


def _workload(pod: JSON) -> tuple[str, str, str]:
    metadata = pod["metadata"]
    owner = next((owner for owner in metadata.get("ownerReferences") or [] if owner.get("controller")), None)
    namespace = metadata.get("namespace", "")
    if owner is None:
        return namespace, "Pod", metadata["name"]
    if owner["kind"] == "ReplicaSet":
        return namespace, "Deployment", owner["name"].removesuffix(f"-{(metadata.get('labels') or {}).get('pod-template-hash', '')}")
    if owner["kind"] == "Node":
        return namespace, "Node", metadata["name"].removesuffix(f"-{owner['name']}")
    return namespace, owner["kind"], owner["name"]
