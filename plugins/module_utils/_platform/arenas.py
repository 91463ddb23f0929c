# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds nodes whose free accelerators a scenario can use up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import kinds
from .accelerators import Arena, arena, asked, in_short, offers
from .precondition import PreconditionError

if TYPE_CHECKING:
    from .bench import Bench

JSON = Any

_GONE_SECONDS = 30.0


def find_arena(bench: Bench, *, least: int) -> Arena:
    """Nodes with so many free accelerators of the device plugin, recorded as ``arena``, and all nodes that offer some, as ``nodes``.

    Raises:
        PreconditionError: fewer accelerators are free than a scenario needs.
        ConformanceError: the cluster cannot be asked.
    """
    resource = bench.settings.accelerator_resource
    # What an earlier scenario had is free only when its pods are gone: their controllers' objects go before them.
    bench.until(lambda view: _idle(view.all("Pod"), resource) or None, of=(kinds.POD,), seconds=_GONE_SECONDS)
    nodes, pods = (bench.cluster.list(kind.collection()).items for kind in (kinds.NODE, kinds.POD))
    found = offers(nodes, pods, resource)
    chosen = arena(found, least=least)
    if chosen is None:
        raise PreconditionError(
            name="free-accelerators",
            what=f"looking for {resource} that nobody has",
            found=f"{sum(offer.free for offer in found)} on {len(found)} nodes",
            expected=f"at least {least}, offered by a device plugin: queues and schedulers count extended resources",
            look="kubectl describe nodes, and the option accelerator_resource",
        )
    bench.note("arena", {"resource": resource, "hosts": list(chosen.hosts), "free": chosen.free})
    offering = {offer.node for offer in found}
    bench.note("nodes", [in_short(node) for node in nodes if node["metadata"]["name"] in offering])
    return chosen


def _idle(pods: list[JSON], resource: str) -> bool:
    return not any(asked(pod["spec"], resource) for pod in pods)
