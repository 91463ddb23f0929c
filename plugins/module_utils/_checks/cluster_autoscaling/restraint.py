# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CA-08: no group grows for pods that no node could help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline

from .asked import AsksForNodes
from .demand import Demand, Wanted
from .outcome import grown, looked_at, not_triggered, refusal, seen_world

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding

JSON = Any


class NoFalseGrowth(AsksForNodes):
    """A pod asks for more accelerators than any node can have: no group grows, and the autoscaler says at the pod that none can help.

    No growth alone could also mean that the autoscaler is dead, so its word is needed. The control asks for one node's accelerators
    while all are taken: there a group does grow.
    """

    id = "CA-08"
    title = "no growth for what no node could serve"
    asks = "Does every group keep its size for a pod that no node could ever serve, with the autoscaler's event NotTriggerScaleUp?"
    broken_looks_like = "Nodes are added that cannot help, one after the other up to the maximum."
    sources = ("cluster-autoscaler: event NotTriggerScaleUp",)
    subject = Demand(wanted=Wanted.IMPOSSIBLE)
    control = Demand(wanted=Wanted.ONE_NODE)
    control_reason = "group-grew"

    def evaluate(self, seen: Seen) -> Finding:
        """Looks at all sizes, and for the autoscaler's word."""
        if (problem := looked_at(seen, "world.before")) is not None:
            return problem
        sizes = seen.last("sizes")
        if not isinstance(sizes, dict) or sizes.get("complete") is not True or not sizes.get("changes"):
            return inconclusive("sizes-not-watched", "the groups' sizes were not watched without a gap")
        if not refusal(Timeline.read(seen.last("trigger"))):
            return inconclusive("nobody-waited", "no pod was refused by the scheduler, so that nobody asked for a node")
        grew = grown(seen_world(seen, "world.before"), sizes)
        if grew:
            return failure("group-grew", f"{listed(grew.values())} for a pod that waits; expected that no group grows")
        words = not_triggered(seen.last("events.trigger"))
        if not words:
            return inconclusive("autoscaler-silent", "no group grew, but the autoscaler has not said that none can help: is it alive?")
        return success("no-growth", f"no group grew; the autoscaler says: {words}")
