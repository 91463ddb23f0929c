# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CA-06: the node goes when nobody needs it, and that one only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check

from .growth import GROWTH, grow_and_shrink
from .needs import GROWS
from .outcome import added, group_of, looked_at, remainder, seen_world
from .requirement import CLUSTER_AUTOSCALING
from .variants import Told

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_AFTER, _BUSY = "after its pod is gone", "while its pod runs"


class IdleNodeGoes(Check[Told]):
    """After the pod is deleted the added node and its machine go; the nodes that were there before stay, by their UIDs.

    The control looks at the same node while its pod still runs: then it must be there.
    """

    id = "CA-06"
    requirement = CLUSTER_AUTOSCALING.id
    needs = GROWS
    title = "the idle node goes, the others stay"
    asks = "Are the added node and its machine gone after its pod is deleted, and all nodes that were there before still there, by UID?"
    broken_looks_like = "The added node stays for ever, its machine stays, or a node with a running pod goes in its place."
    sources = ("KAR-0055: scale down", "cluster-autoscaler: scale-down-unneeded-time")
    subject = Told(at=_AFTER)
    control = Told(at=_BUSY)
    control_reason = "node-not-removed"
    subject_takes = GROWTH
    control_takes = GROWTH

    def observe(self, bench: Bench, variant: Told, /) -> None:
        """Plays the scenario, or takes part in it."""
        grow_and_shrink(bench)
        bench.note("moment", "world.busy" if variant.at == _BUSY else "world.shrunk")

    def evaluate(self, seen: Seen) -> Finding:
        """Looks for the added and the old nodes."""
        moment = seen.last("moment")
        if moment not in {"world.busy", "world.shrunk"}:
            return inconclusive("moment-unknown", "which part of the scenario is meant was not recorded")
        if (problem := looked_at(seen, "world.before", "world.grown", moment)) is not None:
            return problem
        new, now = listed(node.name for node in added(seen).values()), seen_world(seen, moment)
        if not added(seen):
            return inconclusive("no-new-node", "no node was added: see CA-04")
        name, here = group_of(seen), {node.uid for node in now.nodes}
        older = seen_world(seen, "world.before").members(name)
        lost = [node.name for uid, node in older.items() if uid not in here]
        if lost:
            return failure("wrong-node-removed", f"{listed(lost)} went, which had a running pod; expected {new}")
        if (problem := remainder(seen, now)) is not None:
            return problem
        return success("node-removed", f"{new} and its machine went, {len(older)} older nodes of group {name} stayed")
