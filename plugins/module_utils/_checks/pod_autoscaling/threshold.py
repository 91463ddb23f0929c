# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HPA-05: a load just below the target changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices

from .needs import SCALES
from .phases import TARGET, compared
from .requirement import POD_AUTOSCALING
from .variants import Moments
from .wave import up_and_down

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


class BelowTarget(Check[Moments]):
    """The autoscaler reads a value just below the target and leaves the replicas as they are.

    That nothing happens counts only after the value has come to the autoscaler. The control is the load above the target.
    """

    id = "HPA-05"
    requirement = POD_AUTOSCALING.id
    needs = SCALES
    title = "a load just below the target changes nothing"
    asks = "Does the number of pods stay one while the autoscaler reads a value just below the target?"
    broken_looks_like = "A second pod comes although the target is not reached."
    sources = ("KAR-0057", "Kubernetes documentation: tolerance of the HPA")
    subject = Moments(before="idle", after="below")
    control = Moments(before="idle", after="above")
    control_reason = "scaled"
    subject_takes = devices(2, seconds=60)
    control_takes = devices(2, seconds=60)

    def observe(self, bench: Bench, variant: Moments, /) -> None:
        """Plays the scenario, or takes part in it."""
        up_and_down(bench)
        bench.note("moments", {"before": variant.before, "after": variant.after})

    def evaluate(self, seen: Seen) -> Finding:
        """Looks whether the value came, and whether anything else did."""
        found = compared(seen)
        if not isinstance(found, tuple):
            return found
        before, after = found
        if before.ready != 1:
            return inconclusive("not-idle", f"{before.ready} pods were ready at the start, expected one")
        if len(after.pods.last) > 1 or after.most_desired > 1:
            return failure(
                "scaled", f"the autoscaler wanted {after.most_desired} replicas, having read {after.shown}; the target is {TARGET}"
            )
        close = [value for value in after.shown if 0.9 * TARGET <= value < TARGET]
        if not close:
            return inconclusive("value-not-read", f"the autoscaler read {after.shown}, never a value just below {TARGET}")
        return success("unchanged", f"the autoscaler read {close[-1]:g} of {TARGET}, and one pod stayed")
