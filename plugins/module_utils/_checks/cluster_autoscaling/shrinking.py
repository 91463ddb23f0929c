# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CA-06: the node goes when nobody needs it, and that one only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.node_groups import Member, World

from .growth import GROWTH, grow_and_shrink
from .needs import GROWS
from .outcome import added, group_of, looked_at, seen_world
from .requirement import CLUSTER_AUTOSCALING
from .variants import Told

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_TAKES = GROWTH
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
        name, new = group_of(seen), added(seen)
        if not new:
            return inconclusive("no-new-node", "no node was added: see CA-04")
        return self._compared(name, new, seen_world(seen, "world.before"), seen_world(seen, moment))

    @staticmethod
    def _compared(name: str, new: Mapping[str, Member], before: World, now: World) -> Finding:
        here = {node.uid for node in now.nodes}
        lost = [node.name for uid, node in before.members(name).items() if uid not in here]
        if lost:
            wanted = listed(node.name for node in new.values())
            return failure("wrong-node-removed", f"{listed(lost)} went, which had a running pod; expected {wanted}")
        left = [node.name for uid, node in new.items() if uid in here]
        if left:
            return failure("node-not-removed", f"{listed(left)} is still there, expected that it goes: see the autoscaler's log")
        machines = now.machines_of(name) - before.machines_of(name)
        if machines:
            return failure("machine-left", f"the node is gone, but {len(machines)} machine of it is not: see the machine controller's log")
        gone = listed(node.name for node in new.values())
        return success("node-removed", f"{gone} and its machine went, {len(before.members(name))} older nodes of group {name} stayed")
