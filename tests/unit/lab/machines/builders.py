# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects for tables, with as few words as can be."""

from __future__ import annotations

from typing import Any

from lab.machines.kube import JSON
from lab.machines.names import NAMESPACE, TEMPLATE_HASH
from lab.machines.views import Deployment, Machine, MachineSet, Node

STAMP = "2026-01-01T00:00:00Z"


def meta(name: str, **more: Any) -> JSON:
    return {
        "name": name,
        "namespace": NAMESPACE,
        "uid": f"uid-{name}",
        "creationTimestamp": STAMP,
        "generation": 1,
        "resourceVersion": "1",
        **more,
    }


def template(**spec: Any) -> JSON:
    return {"metadata": {"labels": {"machine": "md"}}, "spec": {"providerSpec": {"value": {}}, **spec}}


def deployment_json(name: str = "md", replicas: int = 1, annotations: dict[str, str] | None = None, **spec: Any) -> JSON:
    return {
        "metadata": meta(name, annotations=annotations or {}),
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"machine": "md"}}, "template": template(), **spec},
    }


def deployment(name: str = "md", replicas: int = 1, **spec: Any) -> Deployment:
    return Deployment.of(deployment_json(name, replicas, **spec))


def machine_set(name: str = "md-1", replicas: int = 1, owner: str = "md", revision: str = "", **more: Any) -> MachineSet:
    reference = {"kind": "MachineDeployment", "name": owner, "uid": f"uid-{owner}", "controller": True}
    body = {
        "metadata": meta(name, labels={TEMPLATE_HASH: revision}, ownerReferences=[reference] if owner else [], **more),
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"machine": "md"}}, "template": template()},
    }
    return MachineSet.of(body)


def machine(name: str, owner: str = "md-1", *, provider_id: str = "", node_uid: str = "", **more: Any) -> Machine:
    reference = {"kind": "MachineSet", "name": owner, "uid": f"uid-{owner}", "controller": True}
    spec = template()["spec"] | ({"providerID": provider_id} if provider_id else {})
    status = {"nodeRef": {"uid": node_uid}} if node_uid else {}
    return Machine.of({"metadata": meta(name, ownerReferences=[reference] if owner else [], **more), "spec": spec, "status": status})


def node(
    name: str, *, ready: bool = True, labels: dict[str, str] | None = None, allocatable: dict[str, str] | None = None, **spec: Any
) -> Node:
    condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": STAMP}
    own = {key: value for key, value in meta(name, labels=labels or {}, annotations={}).items() if key != "namespace"}
    return Node.of({"metadata": own, "spec": spec, "status": {"conditions": [condition], "allocatable": allocatable or {}}})


def pod(name: str, *, node: str = "", pending: bool = False, requests: dict[str, str] | None = None, **spec: Any) -> JSON:
    conditions = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}] if pending else []
    return {
        "metadata": {**meta(name), "namespace": "default"},
        "spec": {"containers": [{"name": "c", "resources": {"requests": requests or {}}}], **({"nodeName": node} if node else {}), **spec},
        "status": {"phase": "Pending" if pending else "Running", "conditions": conditions},
    }
