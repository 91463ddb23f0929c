# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one more node of a group would be like: learned from a node of it, or from the annotations of scale-from-zero."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from lab.errors import LabError
from lab.machines.autoscaler.devices import Device
from lab.machines.autoscaler.quantities import quantity
from lab.machines.autoscaler.rooms import Room, amounts, pod_resources
from lab.machines.drain import belongs_to_node
from lab.machines.kube import JSON
from lab.machines.names import CAPACITY
from lab.machines.template import Accelerators, accelerators, node_labels
from lab.machines.views import Deployment, Node

_GPU = "nvidia.com/gpu"
_GPU_LABEL = "cluster-api/accelerator"  # cluster-autoscaler's sign of a node that is not ready before its device plugin is
_HOST_NAME = "kubernetes.io/hostname"
_PODS = Fraction(110)
# What it takes every node for that it has not seen.
_GENERIC = {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"}
# Marks of a node's present state, not of its kind.
_PASSING = ("node.kubernetes.io/", "ToBeDeletedByClusterAutoscaler", "DeletionCandidateOfClusterAutoscaler")


def labels_of(node: Node) -> dict[str, str]:
    """A node's labels."""
    return dict(node.json["metadata"].get("labels") or {})


def advertises(deployment: Deployment, node: Node, devices: Sequence[Device]) -> bool:
    """Whether a node has brought up the accelerators that its group promises: until then it is still coming."""
    promised = _promised(deployment)
    labels = node_labels_of(deployment)
    if promised is None and _GPU_LABEL not in labels:
        return True
    plugin = quantity(((node.json.get("status") or {}).get("allocatable") or {}).get(_GPU, 0)) > 0
    if promised is None:
        return plugin or bool(devices)
    return bool(devices) if promised.allocation == "dra" else plugin


def from_node(deployment: Deployment, node: Node, pods: Sequence[JSON], devices: Sequence[Device]) -> Room:
    """One more like this one: what its daemons take is taken there too."""
    free = amounts((node.json.get("status") or {}).get("allocatable"))
    for pod in filter(belongs_to_node, pods):
        for name, amount in pod_resources(pod).items():
            free[name] = free.get(name, Fraction(0)) - amount
    labels = {key: value for key, value in labels_of(node).items() if key != _HOST_NAME}
    taints = [taint for taint in (node.json.get("spec") or {}).get("taints") or () if not taint["key"].startswith(_PASSING)]
    return Room(node="", group=deployment.name, labels=labels, taints=taints, free=free, devices=tuple(devices))


def described(deployment: Deployment) -> Room | None:
    """What the capacity annotations say of a node; None where processors or memory are missing, as with the real autoscaler.

    Accelerators and labels count only where an annotation names them: the real one does not know what the machine's template means.
    """
    annotations = deployment.json["metadata"].get("annotations") or {}
    said = {key.removeprefix(CAPACITY): value for key, value in annotations.items() if key.startswith(CAPACITY)}
    if not said.get("cpu") or not said.get("memory"):
        return None
    free = {
        "cpu": quantity(said["cpu"]),
        "memory": quantity(said["memory"]),
        "pods": quantity(said.get("maxPods", "")) if said.get("maxPods") else _PODS,
    }
    if said.get("ephemeral-disk"):
        free["ephemeral-storage"] = quantity(said["ephemeral-disk"])
    count, driver = int(said.get("gpu-count") or 0), said.get("dra-driver")
    if count and said.get("gpu-type"):
        free[said["gpu-type"]] = Fraction(count)
    devices = tuple(Device(driver=driver, attributes={f"{driver}/type": "gpu"}) for _ in range(count)) if driver else ()
    labels = {**_GENERIC, **dict(pair.split("=", 1) for pair in said.get("labels", "").split(",") if "=" in pair)}
    taints = [
        *(deployment.json["spec"]["template"]["spec"].get("taints") or ()),
        *map(_taint, filter(None, said.get("taints", "").split(","))),
    ]
    return Room(node="", group=deployment.name, labels=labels, taints=taints, free=free, devices=devices)


def node_labels_of(deployment: Deployment) -> dict[str, str]:
    """The labels that nodes of a deployment will have."""
    spec = deployment.json["spec"]["template"]["spec"]
    try:
        return node_labels(spec)
    except LabError:
        # The machine controller says so at the machines.
        return dict((spec.get("metadata") or {}).get("labels") or {})


def _promised(deployment: Deployment) -> Accelerators | None:
    try:
        return accelerators(deployment.json["spec"]["template"]["spec"])
    except LabError:
        return None


def _taint(text: str) -> JSON:
    pair, _, effect = text.strip().rpartition(":")
    key, _, value = pair.partition("=")
    return {"key": key, "value": value, "effect": effect}
