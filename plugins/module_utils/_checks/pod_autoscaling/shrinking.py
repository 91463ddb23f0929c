# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HPA-04: less load makes fewer replicas, and gives accelerators back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices

from .needs import SCALES
from .phases import compared
from .requirement import POD_AUTOSCALING
from .variants import Moments
from .wave import up_and_down

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


class ScalesDown(Check[Moments]):
    """When the load has gone the replicas are back at the minimum and stay there; the pod that is not needed is gone.

    The control looks at the time in which the load stayed.
    """

    id = "HPA-04"
    requirement = POD_AUTOSCALING.id
    needs = SCALES
    title = "less load makes fewer replicas"
    asks = "After the metric fell, is one pod left, ready and stable, and the other gone with its accelerator?"
    broken_looks_like = "Both pods stay, the number swings, or none is left."
    sources = ("KAR-0057: scale down", "API reference HorizontalPodAutoscaler: behavior.scaleDown")
    subject = Moments(before="above", after="low")
    control = Moments(before="above", after="high")
    control_reason = "not-scaled-down"
    subject_takes = devices(2, seconds=60)
    control_takes = devices(2, seconds=60)

    def observe(self, bench: Bench, variant: Moments, /) -> None:
        """Plays the scenario, or takes part in it."""
        up_and_down(bench)
        bench.note("moments", {"before": variant.before, "after": variant.after})

    def evaluate(self, seen: Seen) -> Finding:
        """Counts what is left."""
        found = compared(seen)
        if not isinstance(found, tuple):
            return found
        before, after = found
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
