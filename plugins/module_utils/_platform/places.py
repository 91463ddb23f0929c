# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes with accelerators, and how many of them are free there. For what has to happen on one node."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import kinds
from .accelerators import offers
from .allocators import Allocator
from .precondition import PreconditionError
from .survey import survey

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster

    from .bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A node with accelerators of the run's allocator.

    Attributes:
        node: its name.
        total: how many it has.
        free: how many nobody has.
    """

    node: str
    total: int
    free: int


def places(bench: Bench) -> list[Place]:
    """The nodes with accelerators, those with the most free ones first, recorded as ``places``; within its share where it has one.

    Raises:
        ApiError: the server refuses to show nodes, pods, slices or claims.
        UnreachableError: no answer.
    """
    if bench.allocator is Allocator.DEVICE_PLUGIN:
        found = plugged(bench.cluster, bench.settings.accelerator_resource)
    else:
        found = [place for place in published(bench.cluster, bench.settings.device_class) if place.node]
    mine = bench.share.nodes
    if mine:
        found = [replace(place, free=min(place.free, mine[place.node])) for place in found if place.node in mine]
    ordered = sorted(found, key=lambda place: (-place.free, place.node))
    bench.note("places", [{"node": place.node, "total": place.total, "free": place.free} for place in ordered])
    return ordered


def require_place(bench: Bench, *, free: int) -> Place:
    """A node with so many free accelerators.

    Raises:
        PreconditionError: there is none.
        ApiError: the server refuses to show nodes, pods, slices or claims.
        UnreachableError: no answer.
    """
    found = places(bench)
    if found and found[0].free >= free:
        return found[0]
    raise PreconditionError(
        name="accelerators-on-one-node",
        what="looking for a node",
        found=f"at most {found[0].free if found else 0} free accelerators on one node",
        expected=f"{free}",
        look="kubectl get resourceslices, the nodes' allocatable resources, and who uses them",
    )


def plugged(cluster: Cluster, resource: str) -> list[Place]:
    """The nodes on which a device plugin offers a resource.

    Raises:
        ApiError: the server refuses to show nodes or pods.
        UnreachableError: no answer.
    """
    nodes, pods = (cluster.list(kind.collection()).items for kind in (kinds.NODE, kinds.POD))
    return [Place(node=offer.node, total=offer.total, free=offer.free) for offer in offers(nodes, pods, resource)]


def published(cluster: Cluster, class_name: str) -> list[Place]:
    """The nodes whose devices claims of a DeviceClass can get; devices that no node has alone are under the empty name.

    Raises:
        ApiError: the server refuses to show slices or claims.
        UnreachableError: no answer.
    """
    found = survey(cluster, class_name)
    node_of = {(item["spec"]["driver"], item["spec"]["pool"]["name"]): item["spec"].get("nodeName") for item in found.slices}
    total, free = (
        Counter(str(node_of.get((device.id.driver, device.id.pool)) or "") for device in some) for some in (found.published, found.free)
    )
    return [Place(node=node, total=count, free=free[node]) for node, count in total.items()]
