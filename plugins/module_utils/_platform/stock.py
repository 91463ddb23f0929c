# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many accelerators there are for a run, by who gives them out and by node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import kinds
from .allocators import Allocator, chosen
from .places import plugged, published

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster

    from .settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Free accelerators.

    Attributes:
        free: how many, by allocator and node. What no node has alone, as a device on the network, is under the empty name.
        chosen: the allocator of checks that work with either.
        plain: the nodes without accelerators.
        accelerated: the nodes with some, free or not.
    """

    free: Mapping[Allocator, Mapping[str, int]]
    chosen: Allocator
    plain: tuple[str, ...] = ()
    accelerated: tuple[str, ...] = ()

    def of(self, allocator: Allocator | None) -> Mapping[str, int]:
        """Those of an allocator, or of the chosen one, by node."""
        return self.free.get(allocator or self.chosen, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Accelerators that one side of a check has to itself. Its pods are kept to their nodes, or they would take somebody else's.

    Attributes:
        nodes: how many, by node.
    """

    nodes: Mapping[str, int] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The nodes."""
        return tuple(sorted(name for name in self.nodes if name))


NO_SHARE = Share()
NO_STOCK = Stock(free={}, chosen=Allocator.DRA)


def take_stock(cluster: Cluster, settings: Settings) -> Stock:
    """Counts what is free now.

    Raises:
        ApiError: the server refuses to show nodes, pods, slices or claims.
        UnreachableError: no answer.
    """
    found = {
        Allocator.DRA: published(cluster, settings.device_class),
        Allocator.DEVICE_PLUGIN: plugged(cluster, settings.accelerator_resource),
    }
    free = {allocator: {place.node: place.free for place in some if place.free} for allocator, some in found.items()}
    nodes = {str(node["metadata"]["name"]) for node in cluster.list(kinds.NODE.collection()).items}
    accelerated = nodes & {place.node for some in found.values() for place in some}
    return Stock(
        free=free,
        chosen=chosen({allocator: sum(counts.values()) for allocator, counts in free.items()}, wanted=settings.allocator),
        plain=tuple(sorted(nodes - accelerated)),
        accelerated=tuple(sorted(accelerated)),
    )
