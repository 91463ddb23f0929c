# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accelerators that a device plugin offers as an extended resource: on which nodes, and how many nobody has. Pure.

Source: Kubernetes documentation, "Device Plugins" and "Extended resources for a node"; the scheduler counts in the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .pods import is_ready
from .quantity import parse

JSON = Any

HOST_NAME = "kubernetes.io/hostname"
_OVER = frozenset({"Succeeded", "Failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a node offers of a resource.

    Attributes:
        node: its name.
        host: its label kubernetes.io/hostname, by which pods are sent to it.
        total: how many it has.
        free: how many no pod on it has.
    """

    node: str
    host: str
    total: int
    free: int


def offers(nodes: Iterable[JSON], pods: Iterable[JSON], resource: str) -> list[Offer]:
    """The nodes that offer a resource and take pods, by name.

    Args:
        nodes: all nodes. One that is cordoned or not ready is left out.
        pods: all pods. One that waits for a node has nothing yet.
        resource: ``nvidia.com/gpu``.
    """
    taken: Counter[str] = Counter()
    for pod in pods:
        if (pod.get("status") or {}).get("phase") not in _OVER and (node := (pod.get("spec") or {}).get("nodeName")):
            taken[node] += asked(pod["spec"], resource)
    found = []
    for node in nodes:
        total = _whole(((node.get("status") or {}).get("allocatable") or {}).get(resource))
        if total and not (node.get("spec") or {}).get("unschedulable") and is_ready(node):
            name = str(node["metadata"]["name"])
            host = str((node["metadata"].get("labels") or {}).get(HOST_NAME) or name)
            found.append(Offer(node=name, host=host, total=total, free=max(0, total - taken[name])))
    return sorted(found, key=lambda offer: offer.node)


def in_short(node: JSON) -> JSON:
    """A node as evidence: what it is and what it offers, without its images and its history."""
    metadata, status = node["metadata"], node.get("status") or {}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {key: metadata.get(key) for key in ("name", "uid", "creationTimestamp", "labels", "annotations")},
        "spec": {key: value for key, value in (node.get("spec") or {}).items() if key in {"providerID", "taints", "unschedulable"}},
        "status": {"allocatable": status.get("allocatable"), "nodeInfo": status.get("nodeInfo")},
    }


def asked(spec: JSON, resource: str) -> int:
    """How many of a resource a pod's spec asks for: its containers' together, or the greediest init container's."""

    def of(container: JSON) -> int:
        resources = container.get("resources") or {}
        return _whole((resources.get("requests") or {}).get(resource) or (resources.get("limits") or {}).get(resource))

    together = sum(of(container) for container in spec.get("containers") or [])
    return max([together, *(of(container) for container in spec.get("initContainers") or [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """Some nodes whose free accelerators a scenario can use up, and be sure that there are no more: pods are bound to these nodes.

    Attributes:
        hosts: values of the label kubernetes.io/hostname.
        free: how many accelerators nobody has there.
    """

    hosts: tuple[str, ...]
    free: int

    @property
    def selector(self) -> dict[str, str]:
        """The node selector of an arena of one node; empty for a wider one."""
        return {HOST_NAME: self.hosts[0]} if len(self.hosts) == 1 else {}

    @property
    def affinity(self) -> JSON:
        """The affinity of a pod that may run there only."""
        term = {"matchExpressions": [{"key": HOST_NAME, "operator": "In", "values": list(self.hosts)}]}
        return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}


def _whole(text: JSON) -> int:
    amount = parse(str(text)) if text is not None else None
    return int(amount) if amount is not None else 0
