# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CA-04: a new node comes, in the right group, because of the pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import counted, failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline

from .asked import AsksForNodes
from .demand import Demand, Wanted
from .outcome import added, amiss, group_of, largest, looked_at, refusal, seen_world, triggered

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding

JSON = Any


class NewNode(AsksForNodes):
    """A node with a UID that was not there before joins the group, the group is larger by exactly one, and the autoscaler says why.

    Counting nodes is not enough: one can be replaced, or come for another reason. The control asks for more accelerators than any node
    can have: the group must not grow for it.
    """

    id = "CA-04"
    title = "a new node joins the right group"
    asks = "Does a node with a new UID join the group, one and no more, with the autoscaler's event TriggeredScaleUp at the waiting pod?"
    broken_looks_like = "No node comes in time, it is of another group, several come, or no event says that the pod caused it."
    sources = ("KAR-0055: scale up", "cluster-autoscaler: event TriggeredScaleUp")
    subject = Demand(wanted=Wanted.ONE_NODE)
    control = Demand(wanted=Wanted.IMPOSSIBLE)
    control_reason = "not-grown"

    def evaluate(self, seen: Seen) -> Finding:
        """Compares the nodes before and after by their UIDs."""
        if (problem := looked_at(seen, "world.before", "world.grown")) is not None:
            return problem
        if not refusal(Timeline.read(seen.last("trigger"))):
            return inconclusive("nobody-waited", "no pod was refused by the scheduler, so that no growth was asked for")
        name, new = group_of(seen), added(seen)
        before = seen_world(seen, "world.before").group(name)
        most = largest(seen.last("sizes")).get(name)
        if before is None or most is None:
            return inconclusive("sizes-not-watched", f"the size of group {name} was not watched")
        if not new and most <= before.replicas:
            here = counted(before.replicas, "node")
            return failure("not-grown", f"group {name} stayed at {here}, expected one more: see the autoscaler's log")
        if (problem := amiss(seen, grew=most - before.replicas)) is not None:
            return problem
        came = listed(node.name for node in new.values())
        return success("node-added", f"{came} joined group {name}; the autoscaler says: {triggered(seen.last('events.trigger'), name)}")
