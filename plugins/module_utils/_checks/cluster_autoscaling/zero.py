# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The empty group that a pod can bring to life, found by what its annotations promise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform.node_groups import Group, World
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.promises import Promise

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

    from .scene import Scene

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """A group without nodes.

    Attributes:
        group: the group.
        units: how many accelerators a node of it is promised to have.
        labels: that such a node is promised to have, and no other has.
        lacks: what its annotations do not say; empty where a pod can ask for a node of it.
    """

    group: Group
    units: int
    labels: Mapping[str, str]
    lacks: str


def empty_groups(world: World, deployments: Iterable[JSON], nodes: Iterable[JSON], *, resource: str) -> list[Empty]:
    """The groups that may be empty, are, and may grow; by name. Pure."""
    by_uid, all_nodes = {item["metadata"]["uid"]: item for item in deployments}, list(nodes)
    found = []
    for group in world.groups:
        bare = not (group.minimum or group.replicas or world.members(group.name) or world.machines_of(group.name))
        if bare and group.can_grow:
            promise = Promise.of(by_uid[group.uid])
            lacks = promise.lacks(resource, nodes=all_nodes)
            found.append(Empty(group=group, units=promise.units(resource), labels=promise.labels, lacks=lacks))
    return found


def empty_group(bench: Bench, scene: Scene) -> Empty:
    """The first of them that a pod can ask for, recorded as ``group``.

    Raises:
        PreconditionError: there is none.
    """
    resource = bench.settings.accelerator_resource
    found = scene.read(
        lambda view, world: empty_groups(world, view.all("MachineDeployment"), view.all("Node"), resource=resource),
    )
    if not found:
        raise PreconditionError(
            name="empty-group",
            what="looking for a group of nodes that may be empty and is",
            found=", ".join(group.in_short for group in scene.now().groups) or "no MachineDeployment with the autoscaler's annotations",
            expected="one with minimum 0 and no node",
            look="the annotations of the MachineDeployments; KKP's documentation wants a minimum greater than zero, so that its clusters"
            " usually have no such group",
        )
    fit = next((empty for empty in found if not empty.lacks), None)
    if fit is None:
        raise PreconditionError(
            name="capacity-annotations",
            what=f"looking for an empty group whose annotations promise {resource}",
            found="; ".join(f"{empty.group.name} without {empty.lacks}" for empty in found),
            expected="all of them: by them the autoscaler knows what a node will be like, and a pod finds it",
            look="the annotations of the MachineDeployments",
        )
    bench.note("group", {"name": fit.group.name, "units": fit.units, "labels": dict(fit.labels), "resource": resource})
    return fit


def record_promise(bench: Bench, scene: Scene, group: Group, fact: str) -> None:
    """What the group's annotations say of a node, recorded."""

    def said(deployment: JSON) -> JSON:
        return dict(Promise.of(deployment).said) if deployment else None

    bench.note(fact, scene.read(lambda view, _world: {"said": said(view.by_uid("MachineDeployment", group.uid))}))
