# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HPA-04: less load makes fewer replicas, and gives accelerators back."""

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


class ScalesDown(ComparesPhases):
    """When the load has gone the replicas are back at the minimum and stay there; the pod that is not needed is gone.

    The control looks at the time in which the load stayed.
    """

    id = "HPA-04"
    title = "less load makes fewer replicas"
    asks = "After the metric fell, is one pod left, ready and stable, and the other gone with its accelerator?"
    broken_looks_like = "Both pods stay, the number swings, or none is left."
    sources = ("KAR-0057: scale down", "API reference HorizontalPodAutoscaler: behavior.scaleDown")
    subject = Moments(before="above", after="low")
    control = Moments(before="above", after="high")
    control_reason = "not-scaled-down"

    def compare(self, _seen: Seen, before: Phase, after: Phase, /) -> Finding:
        """Counts what is left."""
        if before.ready < 2:
            return inconclusive(
                "not-scaled-up", f"{before.ready} pod was ready under load, so that there was nothing to take away: see HPA-03"
            )
        here = [state for state in after.pods.last.values() if state["phase"] != "Gone"]
        if not here or after.ready == 0:
            return failure("below-minimum", "no pod is ready, expected the minimum of one")
        if len(here) > 1:
            words = f"{len(here)} pods are there, the autoscaler read {after.reading.value}"
            return failure("not-scaled-down", f"{words}; expected one: see the HPA's conditions")
        if min(after.counts) < 1:
            return failure("below-minimum", "at some time no pod was ready, expected the minimum of one all the time")
        return success(
            "scaled-down", f"one pod is left and ready, {len(after.pods.last) - 1} gone; the autoscaler read {after.reading.value}"
        )
