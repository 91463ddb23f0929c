# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster uses, as its own metrics API has it (metrics.k8s.io/v1beta1; kkp.md 1.6). No figure of it is about accelerators."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from lab.kkp_api.calls import JSON, Call, Operation, Reply
from lab.kkp_api.cluster_access import user_cluster
from lab.kkp_api.refusals import RefusalError
from lab.kkp_api.services import Services
from lab.machines.autoscaler.quantities import quantity

_METRICS = "/apis/metrics.k8s.io/v1beta1"
_CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
_MEBIBYTE = 1 << 20


def _metrics(services: Services, call: Call) -> Reply:
    cluster, api = user_cluster(services, call)
    workers = {
        node["metadata"]["name"]: node["status"].get("allocatable") or {}
        for node in api.items("/api/v1/nodes")
        # In KKP the control plane is no node of the user cluster.
        if _CONTROL_PLANE not in (node["metadata"].get("labels") or {})
    }
    if not workers:
        raise RefusalError(404, "no nodes found")
    used = [found["usage"] for found in api.items(f"{_METRICS}/nodes") if found["metadata"]["name"] in workers]
    pods = api.items(f"{_METRICS}/namespaces/kube-system/pods", selector="tier=control-plane")
    containers = [container["usage"] for pod in pods for container in pod["containers"]]
    figures = {**_figures("cpu", used, workers.values()), **_figures("memory", used, workers.values())}
    control_plane = {"memoryTotalBytes": _mebibytes(_sum("memory", containers)), "cpuTotalMillicores": _millicores(_sum("cpu", containers))}
    return Reply({"name": cluster["id"], "controlPlane": control_plane, "nodes": figures})


def _figures(resource: str, used: Iterable[JSON], offered: Iterable[JSON]) -> JSON:
    """One resource of all nodes: KKP calls what is used the total, and what pods may use the available."""
    name, unit, told = ("cpu", "Millicores", _millicores) if resource == "cpu" else ("memory", "Bytes", _mebibytes)
    total, available = _sum(resource, used), _sum(resource, offered)
    share = int(100 * total / available) if available else 0
    return {f"{name}Total{unit}": told(total), f"{name}Available{unit}": told(available), f"{name}UsedPercentage": share}


def _sum(resource: str, amounts: Iterable[JSON]) -> Fraction:
    return sum((quantity(amount.get(resource, 0)) for amount in amounts), Fraction())


def _millicores(cores: Fraction) -> int:
    return int(cores * 1000)


def _mebibytes(amount: Fraction) -> int:
    # KKP's fields are called bytes, and hold mebibytes.
    return int(amount / _MEBIBYTE)


OPERATIONS = (Operation("GET", "/api/v2/projects/{project_id}/clusters/{cluster_id}/metrics", _metrics),)
