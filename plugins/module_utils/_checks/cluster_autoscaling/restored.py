# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CA-10: in the end everything is as it was."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import counted, failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform.node_groups import World

from .growth import GROWTH, grow_and_shrink
from .needs import GROWS
from .outcome import added, looked_at, seen_world
from .requirement import CLUSTER_AUTOSCALING
from .variants import Told

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


class AsItWas(RecordedControl[Told]):
    """Bounds, sizes, machines and nodes are the same as before the scenario, machines and nodes by UID.

    The control is what was just seen, with one machine left over.
    """

    id = "CA-10"
    requirement = CLUSTER_AUTOSCALING.id
    needs = GROWS
    title = "everything is as it was"
    asks = "Are the bounds and sizes of all groups, and the UIDs of all machines and nodes, the same after the scenario as before?"
    broken_looks_like = "A machine or a node is left over, an old one was replaced, or a group has another size."
    sources = ("KAR-0055: restore",)
    subject = Told(at="after everything")
    control = Told(at="the same with one machine left over")
    control_reason = "machine-left"
    subject_takes = GROWTH

    def observe(self, bench: Bench, _variant: Told, /) -> None:
        """Plays the scenario, or takes part in it."""
        grow_and_shrink(bench)

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same with one machine more."""
        after = copy.deepcopy(subject.last("world.after"))
        if isinstance(after, dict):
            after["machines"]["one-that-was-left-over"] = (subject.last("group") or {}).get("name", "")
        kept = [fact for fact in subject.facts if fact.name not in {"world.after", "variant"}]
        return [*((fact.name, fact.data) for fact in kept), ("world.after", after)]

    def evaluate(self, seen: Seen) -> Finding:
        """Compares before and after."""
        if (problem := looked_at(seen, "world.before", "world.grown", "world.after")) is not None:
            return problem
        if not added(seen):
            return inconclusive("no-new-node", "no node was added, so that there was nothing to restore: see CA-04")
        return self._compared(seen_world(seen, "world.before"), seen_world(seen, "world.after"))

    @staticmethod
    def _compared(before: World, after: World) -> Finding:
        left = set(after.machines) - set(before.machines)
        if left:
            groups = listed(sorted({after.machines[uid] for uid in left}))
            return failure("machine-left", f"left over: {counted(len(left), 'machine')} in {groups}")
        if lost := set(before.machines) - set(after.machines):
            return failure("machine-lost", f"gone: {counted(len(lost), 'machine')} that had been there before")
        if {node.uid for node in before.nodes} != {node.uid for node in after.nodes}:
            were, are = (listed(node.name for node in world.nodes) for world in (before, after))
            return failure("nodes-differ", f"the nodes were {were}, and are {are}")
        if list(before.groups) != list(after.groups):
            return failure("groups-differ", f"bounds or sizes of the groups are not what they were: {listed(map(str, after.groups))}")
        here = (counted(len(after.groups), "group"), counted(len(after.machines), "machine"), counted(len(after.nodes), "node"))
        return success("restored", f"{listed(here)}: as before")
