# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Node groups that an autoscaler may resize: MachineDeployments with bounds, their machines, the nodes that came of them. Pure.

Source: cluster-autoscaler, provider clusterapi (README), whose API group is cluster.x-k8s.io, or cluster.k8s.io on KKP; the annotations
carry the group's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .kinds import Kind
from .pods import is_ready

JSON = Any

API_VERSIONS = ("cluster.k8s.io/v1alpha1", "cluster.x-k8s.io/v1beta1")
"""Where machines are kept: KKP's machine controller, Cluster API."""

_MIN, _MAX = "cluster-api-autoscaler-node-group-min-size", "cluster-api-autoscaler-node-group-max-size"


def kinds_of(api: str) -> tuple[Kind, Kind, Kind]:
    """MachineDeployment, MachineSet and Machine of an API version."""
    return (
        Kind("MachineDeployment", api, "machinedeployments", namespaced=True),
        Kind("MachineSet", api, "machinesets", namespaced=True),
        Kind("Machine", api, "machines", namespaced=True),
    )


ALL_KINDS = tuple(kind for api in API_VERSIONS for kind in kinds_of(api))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A node group.

    Attributes:
        name: of its MachineDeployment.
        uid: of the same.
        minimum: how many nodes it has at least.
        maximum: how many it has at most.
        replicas: how many it is to have.
    """

    name: str
    uid: str
    minimum: int
    maximum: int
    replicas: int

    @property
    def can_grow(self) -> bool:
        """Whether its bounds let it grow."""
        return self.minimum <= self.replicas < self.maximum

    @property
    def in_short(self) -> str:
        """Its name, bounds and size in words."""
        return f"{self.name} {self.minimum}-{self.maximum}, now {self.replicas}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A node.

    Attributes:
        name: of the node.
        uid: of the node.
        group: whose it is; empty for a node of none.
        ready: whether it is.
        offers: its allocatable amounts.
    """

    name: str
    uid: str
    group: str
    ready: bool
    offers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All groups, machines and nodes at one moment.

    Attributes:
        groups: by name.
        machines: UID of each machine → name of its group.
        nodes: all nodes, by name.
    """

    groups: Sequence[Group]
    machines: Mapping[str, str]
    nodes: Sequence[Member]

    @classmethod
    def read(cls, fact: JSON) -> World | None:
        """A world as ``as_fact`` wrote it; None for anything else."""
        if not isinstance(fact, Mapping) or not all(isinstance(fact.get(key), list) for key in ("groups", "nodes")):
            return None
        try:
            return cls(
                groups=tuple(Group(**item) for item in fact["groups"]),
                machines=dict(fact["machines"]),
                nodes=tuple(Member(**item) for item in fact["nodes"]),
            )
        except (TypeError, ValueError, KeyError):
            return None

    def as_fact(self) -> JSON:
        """Plain JSON."""
        return {
            "groups": [asdict(group) for group in self.groups],
            "machines": dict(self.machines),
            "nodes": [{**asdict(node), "offers": dict(node.offers)} for node in self.nodes],
        }

    def group(self, name: str) -> Group | None:
        """A group by its name."""
        return next((group for group in self.groups if group.name == name), None)

    def members(self, group: str) -> dict[str, Member]:
        """The nodes of a group, by UID."""
        return {node.uid: node for node in self.nodes if node.group == group}

    def machines_of(self, group: str) -> set[str]:
        """UIDs of a group's machines."""
        return {uid for uid, name in self.machines.items() if name == group}


def world(deployments: Iterable[JSON], machine_sets: Iterable[JSON], machines: Iterable[JSON], nodes: Iterable[JSON]) -> World:
    """What the objects say."""
    groups = [found for found in map(_group, deployments) if found is not None]
    by_deployment = {group.uid: group.name for group in groups}
    by_set = {item["metadata"]["uid"]: by_deployment[owner] for item in machine_sets for owner in _owners(item) if owner in by_deployment}
    grouped = {item["metadata"]["uid"]: by_set[owner] for item in machines for owner in _owners(item) if owner in by_set}
    by_node = {
        str(((item.get("status") or {}).get("nodeRef") or {}).get("name")): grouped[item["metadata"]["uid"]]
        for item in machines
        if item["metadata"]["uid"] in grouped
    }
    return World(
        groups=sorted(groups, key=lambda group: group.name),
        machines=grouped,
        nodes=[_member(node, by_node) for node in sorted(nodes, key=lambda node: str(node["metadata"]["name"]))],
    )


def own_labels(deployment: JSON, *, members: Sequence[JSON], others: Sequence[JSON]) -> dict[str, str]:
    """Labels by which a pod finds the nodes of one group and no other, those that are still to come included.

    Args:
        deployment: the MachineDeployment. Its template says which labels its nodes will have.
        members: nodes that it has.
        others: all other nodes.

    Returns:
        Nothing where its template has no such labels, or its nodes do not have them.
    """
    template = (deployment.get("spec") or {}).get("template") or {}
    # machine.spec.metadata of KKP's machine controller; machine.metadata of Cluster API, which hands on only some prefixes.
    sources = ((template.get("spec") or {}).get("metadata"), template.get("metadata"))
    promised = {key: str(value) for source in sources for key, value in ((source or {}).get("labels") or {}).items()}
    kept = {key: value for key, value in promised.items() if members and all(_labels(node).get(key) == value for node in members)}
    return {} if any(kept.items() <= _labels(node).items() for node in others) else kept


def _labels(node: JSON) -> dict[str, str]:
    return dict(node["metadata"].get("labels") or {})


def _group(deployment: JSON) -> Group | None:
    metadata = deployment["metadata"]
    bounds = {key.rpartition("/")[2]: value for key, value in (metadata.get("annotations") or {}).items()}
    try:
        minimum, maximum = int(bounds[_MIN]), int(bounds[_MAX])
    except (KeyError, ValueError):
        return None
    replicas = int((deployment.get("spec") or {}).get("replicas") or 0)
    return Group(name=metadata["name"], uid=metadata["uid"], minimum=minimum, maximum=maximum, replicas=replicas)


def _member(node: JSON, by_node: Mapping[str, str]) -> Member:
    name = str(node["metadata"]["name"])
    return Member(
        name=name,
        uid=str(node["metadata"]["uid"]),
        group=by_node.get(name, ""),
        ready=is_ready(node),
        offers={key: str(value) for key, value in ((node.get("status") or {}).get("allocatable") or {}).items()},
    )


def _owners(item: JSON) -> list[str]:
    return [str(owner.get("uid")) for owner in item["metadata"].get("ownerReferences") or []]
