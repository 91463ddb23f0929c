# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many accelerators there are for a run, by who gives them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import kinds
from .accelerators import offers
from .allocators import Allocator, chosen
from .survey import survey

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster

    from .settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Free accelerators.

    Attributes:
        free: how many, by allocator.
        chosen: the allocator of checks that work with either.
    """

    free: Mapping[Allocator, int]
    chosen: Allocator


def take_stock(cluster: Cluster, settings: Settings) -> Stock:
    """Counts what is free now.

    Raises:
        ApiError: the server refuses to show nodes, pods, slices or claims.
        UnreachableError: no answer.
    """
    nodes, pods = (cluster.list(kind.collection()).items for kind in (kinds.NODE, kinds.POD))
    free = {
        Allocator.DRA: len(survey(cluster, settings.device_class).free),
        Allocator.DEVICE_PLUGIN: sum(offer.free for offer in offers(nodes, pods, settings.accelerator_resource)),
    }
    return Stock(free=free, chosen=chosen(free, wanted=settings.allocator))
