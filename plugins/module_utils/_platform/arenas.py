# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes whose free accelerators a scenario can use up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import kinds
from .accelerators import Arena, Offer, in_short, offers
from .precondition import PreconditionError

if TYPE_CHECKING:
    from .bench import Bench

JSON = Any

_GONE_SECONDS = 30.0
_EVERY = 0.5


def find_arena(bench: Bench, *, least: int) -> Arena:
    """The free accelerators of the share's nodes, recorded as ``arena``, and all nodes that offer some, as ``nodes``.

    Raises:
        PreconditionError: fewer accelerators are free there than a scenario needs.
        ConformanceError: the cluster cannot be asked.
    """
    resource, mine = bench.settings.accelerator_resource, bench.share.nodes

    nodes: list[JSON] = []
    offering: list[Offer] = []

    def idle() -> bool | None:
        nodes[:], pods = (bench.cluster.list(kind.collection()).items for kind in (kinds.NODE, kinds.POD))
        offering[:] = offers(nodes, pods, resource)
        return sum(offer.free for offer in offering if offer.node in mine) >= sum(mine.values()) or None

    # What an earlier scenario had there is free only when its pods are gone: their controllers' objects may go before them.
    bench.polled(idle, every=_EVERY, seconds=_GONE_SECONDS)
    found = [offer for offer in offering if offer.node in mine and offer.free]
    free = sum(offer.free for offer in found)
    if free < least:
        raise PreconditionError(
            name="free-accelerators",
            what=f"looking for {resource} that nobody has on {', '.join(mine) or 'any node'}",
            found=f"{free} of {sum(mine.values())} that were free when the run began",
            expected=f"at least {least}, offered by a device plugin: queues and schedulers count extended resources",
            look="kubectl describe nodes, and the option accelerator_resource",
        )
    chosen = Arena(hosts=tuple(offer.host for offer in found), free=free)
    bench.note("arena", {"resource": resource, "hosts": list(chosen.hosts), "free": chosen.free})
    names = {offer.node for offer in offering}
    bench.note("nodes", [in_short(node) for node in nodes if node["metadata"]["name"] in names])
    return chosen
