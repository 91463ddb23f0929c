# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HPA-05: a load just below the target changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success

from .compared import ComparesPhases
from .phases import TARGET, Phase
from .variants import Moments

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding

JSON = Any


class BelowTarget(ComparesPhases):
    """The autoscaler reads a value just below the target and leaves the replicas as they are.

    That nothing happens counts only after the value has come to the autoscaler. The control is the load above the target.
    """

    id = "HPA-05"
    title = "a load just below the target changes nothing"
    asks = "Does the number of pods stay one while the autoscaler reads a value just below the target?"
    broken_looks_like = "A second pod comes although the target is not reached."
    sources = ("KAR-0057", "Kubernetes documentation: tolerance of the HPA")
    subject = Moments(before="idle", after="below")
    control = Moments(before="idle", after="above")
    control_reason = "scaled"

    def compare(self, _seen: Seen, before: Phase, after: Phase, /) -> Finding:
        """Looks whether the value came, and whether anything else did."""
        if before.ready != 1:
            return inconclusive("not-idle", f"{before.ready} pods were ready at the start, expected one")
        read = listed(f"{value:g}" for value in after.shown)
        if len(after.pods.last) > 1 or after.most_desired > 1:
            return failure("scaled", f"the autoscaler wanted {after.most_desired} replicas, having read {read}; the target is {TARGET}")
        close = [value for value in after.shown if 0.9 * TARGET <= value < TARGET]
        if not close:
            return inconclusive("value-not-read", f"the autoscaler read {read}, never a value just below {TARGET}")
        return success("unchanged", f"the autoscaler read {close[-1]:g} of {TARGET}, and one pod stayed")
