# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters of pools for the autoscaler stand-in to look at."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lab.machines.autoscaler.growth import Growth, plan_growth
from lab.machines.autoscaler.scene import Objects, Scene, read_scene
from lab.machines.autoscaler.settings import AutoscalerSettings
from lab.machines.kube import JSON
from lab.machines.names import CAPACITY, MAX_SIZE, MIN_SIZE
from lab.machines.views import Deployment, Machine, MachineSet, Node, World

from .builders import deployment_json, machine, machine_set, node, pod, template

NOW = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
GPU = "nvidia.com/gpu"
TAINT = {"key": GPU, "value": "present", "effect": "NoSchedule"}
TOLERATED = [{"key": GPU, "operator": "Exists"}]
SETTINGS = AutoscalerSettings()
CLASS = {"metadata": {"name": "gpu.nvidia.com"}, "spec": {"selectors": [{"cel": {"expression": "device.driver == 'gpu.nvidia.com'"}}]}}


def bounds(minimum: int = 1, maximum: int = 3, **more: str) -> dict[str, str]:
    return {MIN_SIZE: str(minimum), MAX_SIZE: str(maximum), **more}


def promise(**said: str) -> dict[str, str]:
    """The annotations of a node with a GPU, in a group that may be empty; other values, or an empty one for no such annotation."""
    known = {"cpu": "4", "memory": "8Gi", "gpu-type": GPU, "gpu-count": "1", "labels": "pool=zero"}
    named = {key.replace("_", "-"): value for key, value in said.items()}
    return bounds(0, 2, **{f"{CAPACITY}{key}": value for key, value in {**known, **named}.items() if value})


def gpus(allocation: str) -> dict[str, Any]:
    return {"providerSpec": {"value": {"cloudProviderSpec": {"accelerators": {"allocation": allocation, "count": 1}}}}, "taints": [TAINT]}


class Cluster:
    """A cluster of pools, put together for a scene."""

    def __init__(self) -> None:
        self.deployments: list[Deployment] = []
        self.sets: list[MachineSet] = []
        self.machines: list[Machine] = []
        self.nodes: list[Node] = []
        self.pods: list[JSON] = []
        self.slices: list[JSON] = []
        self.templates: dict[str, JSON] = {}

    def pool(self, name: str, size: int, *, up: int | None = None, allocation: str = "", whole: bool = True, **annotations: str) -> None:
        asked = template(**(gpus(allocation) if allocation else {}))
        self.deployments.append(Deployment.of(deployment_json(name, size, annotations or bounds(), template=asked)))
        self.sets.append(machine_set(f"{name}-s", size, owner=name))
        for number in range(size):
            self.machines.append(machine(f"{name}-{number}", owner=f"{name}-s", provider_id="p"))
        for number in range(size if up is None else up):
            taints = [TAINT] if allocation else []
            plugin = {GPU: "1"} if allocation == "device-plugin" and whole else {}
            self.nodes.append(
                node(f"{name}-{number}", labels={"pool": name}, allocatable={"cpu": "4", "pods": "10", **plugin}, taints=taints)
            )
            if allocation == "dra" and whole:
                spec = {
                    "driver": "gpu.nvidia.com",
                    "pool": {"name": f"{name}-{number}"},
                    "nodeName": f"{name}-{number}",
                    "devices": [{"name": "g"}],
                }
                self.slices.append({"spec": spec})

    def objects(self) -> Objects:
        nodes = {entry.name: entry for entry in self.nodes}
        world = World(nodes=nodes, machines=tuple(self.machines), sets=tuple(self.sets), deployments=tuple(self.deployments), now=NOW)
        classes = {"gpu.nvidia.com": CLASS}
        return Objects(world=world, pods=self.pods, claims={}, templates=self.templates, classes=classes, slices=self.slices)

    def scene(self) -> Scene:
        return read_scene(self.objects(), SETTINGS)

    def growth(self) -> Growth:
        scene = self.scene()
        return plan_growth(scene.groups, scene.rooms, scene.demands)

    def waits(self, name: str, gpu: int = 0, *, claim: bool = False, **spec: Any) -> None:
        if claim:
            self.templates["default/t"] = {
                "spec": {"spec": {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "gpu.nvidia.com"}}]}}}
            }
            spec["resourceClaims"] = [{"name": "c", "resourceClaimTemplateName": "t"}]
        requests = {GPU: str(gpu)} if gpu else {"cpu": "1"}
        tolerations = TOLERATED if gpu or claim else []
        self.pods.append(pod(name, pending=True, requests=requests, tolerations=tolerations, **spec))

    def runs(self, name: str, on: str, **spec: Any) -> None:
        self.pods.append(pod(name, node=on, **spec))
