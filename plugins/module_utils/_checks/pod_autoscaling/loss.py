# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HPA-06: when the metric is lost, nothing is scaled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success

from .compared import ComparesPhases
from .phases import Phase
from .variants import Moments

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding

JSON = Any


class MetricLost(ComparesPhases):
    """No pod exposes the metric any more: the autoscaler says so, the replicas stay, and it goes on when the metric is back.

    A platform that takes a lost metric for no load takes pods away from under their work. The control does tell no load: there a pod
    is taken away.
    """

    id = "HPA-06"
    title = "a lost metric is no load"
    asks = "While the metric is missing, do both pods stay and does the autoscaler say so, and does it go on when the metric is back?"
    broken_looks_like = "Pods are taken away because their metric cannot be read, or the autoscaler does not notice."
    sources = ("KAR-0057", "Kubernetes documentation: missing metrics of the HPA")
    subject = Moments(before="high", after="lost")
    control = Moments(before="high", after="low")
    control_reason = "replicas-changed"

    def compare(self, seen: Seen, before: Phase, after: Phase, /) -> Finding:
        """Looks at the replicas, the condition and what came afterwards."""
        if before.ready < 2:
            return inconclusive("not-scaled-up", f"{before.ready} pod was ready before, so that none could be taken away: see HPA-03")
        if after.ready != before.ready or min(after.counts) < before.ready or max(after.counts) > before.ready:
            return failure("replicas-changed", f"{before.ready} pods were ready, then {after.counts[-1]}; expected that none comes or goes")
        return self._noticed(seen, before, after)

    @staticmethod
    def _noticed(seen: Seen, before: Phase, after: Phase) -> Finding:
        if after.reading.active:
            return failure(
                "loss-not-noticed",
                f"the autoscaler still says {after.reading.reason} with {after.reading.value}, expected ScalingActive False",
            )
        back = Phase.read(seen.last("phase.returned"))
        if back is None:
            return inconclusive("return-not-seen", "what came of it when the metric was back was not seen")
        if not back.reading.active or back.ready != before.ready:
            return failure("not-recovered", f"the metric is back, the autoscaler says {back.reading.reason}: {back.reading.message}")
        return success("safe", f"{before.ready} pods stayed while the autoscaler said {after.reading.reason}, and it went on afterwards")
