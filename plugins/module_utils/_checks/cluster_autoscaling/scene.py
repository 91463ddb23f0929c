# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What observers of this package look at: groups, machines and nodes, mirrored together, and every size that a group ever had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.accelerators import asked, in_short
from ansible_collections.ailab.conformance.plugins.module_utils._platform.histories import Sizes
from ansible_collections.ailab.conformance.plugins.module_utils._platform.identity import RUN_LABEL
from ansible_collections.ailab.conformance.plugins.module_utils._platform.node_groups import (
    API_VERSIONS,
    Group,
    World,
    kinds_of,
    own_labels,
    world,
)
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import about
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.quantity import parse
from ansible_collections.ailab.conformance.plugins.module_utils._platform.watched import Watched, everywhere

from .outcome import not_triggered
from .settings import ScalingSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.kinds import Kind

JSON = Any
T = TypeVar("T")

_OVER = frozenset({"Succeeded", "Failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Where a scenario plays.

    Attributes:
        labels: that the nodes of the group have and no other; empty where none tell them apart.
        hosts: the nodes whose accelerators it uses up.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()


class Scene:
    """The groups of a cluster.

    Args:
        bench: the way to the cluster.

    Raises:
        PreconditionError: no machines are kept on the cluster.
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.settings = bench.own(ScalingSettings)
        self.deployments, sets, machines = kinds_of(_served(bench))
        space = self.settings.machines_namespace
        inside = tuple(Watched(kind=kind, space=space) for kind in (self.deployments, sets, machines))
        self._of: tuple[Kind | Watched, ...] = (kinds.POD, everywhere(kinds.NODE), *inside)

    def now(self) -> World:
        """The world as it is."""
        return self.read(lambda _view, world: world) or World(groups=(), machines={}, nodes=())

    def read(self, reading: Callable[[View, World], T]) -> T | None:
        """What somebody reads of the world as it is; None where the server does not show it in time."""
        return self._bench.until(lambda view: reading(view, _world(view)), of=self._of, seconds=self._bench.settings.start_seconds)

    def record(self, fact: str) -> World:
        """The world as it is, recorded."""
        found = self.now()
        self._bench.note(fact, found.as_fact())
        return found

    def until(self, decide: Callable[[World, View], bool], *, seconds: float) -> bool:
        """Waits until the world is as somebody wants it; whether it came to be."""
        found = self._bench.until(lambda view: decide(_world(view), view) or None, of=self._of, seconds=seconds)
        return found is not None

    def sizes(self) -> Sizes:
        """A history of the groups' sizes."""
        return Sizes(self._bench.cluster, self.deployments.collection(self.settings.machines_namespace))

    def events(self, role: str, pod: JSON) -> None:
        """Records the events about a pod as ``events.<role>``."""
        found = self._bench.cluster.list(kinds.EVENT.collection(pod["metadata"]["namespace"])).items
        self._bench.note(f"events.{role}", about(pod, found))

    def until_refused(self, pod: JSON) -> None:
        """Waits for the autoscaler's word that no group can help a pod, for as long as one that works may be silent."""

        def said(view: View) -> str | None:
            return not_triggered(about(pod, view.all("Event"))) or None

        self._bench.until(said, of=(kinds.POD,), seconds=self.settings.alive_seconds)

    def nodes(self, fact: str) -> None:
        """Records all nodes in short."""
        self._bench.note(fact, [in_short(node) for node in self._bench.cluster.list(kinds.NODE.collection()).items])

    def foreign(self, group: Group, resource: str) -> list[str]:
        """Pods of others that want or have accelerators: on the group's nodes, or waiting for a node. Recorded as ``foreign``."""
        nodes = {node.name for node in self.now().members(group.name).values()}
        found = [
            f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
            for pod in self._bench.cluster.list(kinds.POD.collection()).items
            if (pod.get("status") or {}).get("phase") not in _OVER
            and RUN_LABEL not in (pod["metadata"].get("labels") or {})
            and asked(pod["spec"], resource)
            and ((pod["spec"].get("nodeName") or "") in nodes or not pod["spec"].get("nodeName"))
        ]
        self._bench.note("foreign", found)
        return found

    def room(self, group: Group, resource: str) -> Room:
        """How pods find the group's nodes, and which nodes nobody else may use meanwhile; recorded as ``room``.

        Where no label tells the group's nodes from others, the accelerators of all nodes are needed: one that is free elsewhere would
        serve the pod that is to wait.
        """

        def found(view: View, world: World) -> Room:
            members = {node.name for node in world.members(group.name).values()}
            nodes = view.all("Node")
            deployment = view.by_uid("MachineDeployment", group.uid) or {}
            mine, others = ([node for node in nodes if (node["metadata"]["name"] in members) is inside] for inside in (True, False))
            labels = own_labels(deployment, members=mine, others=others)
            having = (node for node in nodes if parse(str(((node.get("status") or {}).get("allocatable") or {}).get(resource, "0"))))
            hosts = members if labels else {str(node["metadata"]["name"]) for node in having}
            return Room(labels=labels, hosts=tuple(sorted(hosts)))

        room = self.read(found) or Room()
        self._bench.note("room", {"labels": dict(room.labels), "hosts": list(room.hosts)})
        return room

    def chosen(self, resource: str) -> tuple[Group, int]:
        """The group to work with and how many accelerators each of its nodes has, recorded as ``group``.

        Raises:
            PreconditionError: no group with such nodes can grow.
        """
        found = self.now()
        candidates = []
        for group in found.groups:
            units = min((int(parse(node.offers.get(resource, "0")) or 0) for node in found.members(group.name).values()), default=0)
            if units and group.can_grow:
                candidates.append((group, units))
        if not candidates:
            bounds = ", ".join(group.in_short for group in found.groups)
            raise PreconditionError(
                name="node-group",
                what=f"looking for a group of nodes with {resource} that can grow",
                found=bounds or "no MachineDeployment with the autoscaler's annotations",
                expected="one that has such nodes and fewer than its maximum",
                look="the annotations of the MachineDeployments, and the option machines_namespace",
            )
        group, least = min(candidates, key=lambda pair: (pair[0].replicas, pair[0].name))
        self._bench.note("group", {"name": group.name, "units": least, "resource": resource})
        self.nodes("nodes")
        return group, least


def require_budget(bench: Bench) -> None:
    """Refuses to begin what adds a node where none may be added.

    Raises:
        PreconditionError: the budget is nothing.
    """
    if bench.settings.max_nodes_added < 1:
        raise PreconditionError(
            name="node-budget",
            what="making a group of nodes grow by one",
            found=f"max_nodes_added is {bench.settings.max_nodes_added}",
            expected="at least 1",
            look="the option max_nodes_added: a node may cost money",
        )


def _world(view: View) -> World:
    return world(view.all("MachineDeployment"), view.all("MachineSet"), view.all("Machine"), view.all("Node"))


def _served(bench: Bench) -> str:
    """The API version of the machines, recorded as ``machines_api``."""
    for version in API_VERSIONS:
        if bench.cluster.call("get", f"/apis/{version}").status == HTTPStatus.OK:
            bench.note("machines_api", version)
            return version
    raise PreconditionError(
        name="machines-api",
        what="looking for node groups",
        found=f"neither {' nor '.join(API_VERSIONS)} is served",
        expected="MachineDeployments, as KKP and Cluster API have them",
        look="kubectl api-resources",
    )
