# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HPA-03: more load makes more replicas, ready, each with an accelerator of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success, uuids_in

from .compared import ComparesPhases
from .phases import TARGET, Phase
from .variants import Moments

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding

JSON = Any


class ScalesUp(ComparesPhases):
    """With twice the target on one pod a second one becomes ready and has another device; before, idle, the value was below the target.

    A wish for two replicas is no scaling, so ready pods are counted. A threshold below the idle value is always exceeded, so that the
    idle value is looked at first. The control compares with the load just below the target.
    """

    id = "HPA-03"
    title = "more load makes more ready replicas"
    asks = "After the metric rose above the target, are two pods ready, each with a device of its own, because of the autoscaler?"
    broken_looks_like = "The autoscaler wants two and one is ready, none is wanted, or both pods see the same device."
    sources = ("KAR-0057: scale up", "API reference HorizontalPodAutoscaler")
    subject = Moments(before="idle", after="above")
    control = Moments(before="idle", after="below")
    control_reason = "not-scaled-up"

    def compare(self, seen: Seen, before: Phase, after: Phase, /) -> Finding:
        """Counts ready pods and their devices."""
        idle = before.reading
        if not idle.active or idle.value is None or idle.value >= TARGET or before.ready != 1:
            sentence = (
                f"idle, {before.ready} pods were ready and the autoscaler read {idle.value} of {TARGET} ({idle.reason}); expected less"
            )
            return inconclusive("idle-not-below", sentence)
        return self._scaled(after) or self._why(seen, after.metric) or self._devices(seen)

    @staticmethod
    def _scaled(after: Phase) -> Finding | None:
        if after.ready >= 2:
            return None
        if after.most_desired >= 2:
            found = f"the autoscaler wanted {after.most_desired} replicas, {after.ready} is ready"
            return failure("replicas-not-ready", f"{found}; expected all: see the pods' events")
        found = f"{after.ready} pod ready, the autoscaler read {after.reading.value} of {TARGET} ({after.reading.reason})"
        return failure("not-scaled-up", f"{found}; expected two ready pods")

    @staticmethod
    def _why(seen: Seen, metric: str) -> Finding | None:
        events = seen.last("events")
        messages = [
            str(event.get("message"))
            for event in (events if isinstance(events, list) else [])
            if event.get("reason") == "SuccessfulRescale"
        ]
        if not any(metric in message for message in messages):
            return failure(
                "not-by-metric", f"no event SuccessfulRescale names {metric}, so that something else made the second pod: {messages}"
            )
        return None

    @staticmethod
    def _devices(seen: Seen) -> Finding:
        shown = {name: uuids_in(str((fact or {}).get("stdout") or "")) for name, fact in seen.named("devices.").items()}
        odd = [f"{name} sees {listed(found)}" for name, found in shown.items() if len(found) != 1]
        if len(shown) < 2 or odd:
            return failure("no-device", f"{'; '.join(odd) or 'not all pods were asked'}; expected one device in each of two pods")
        different = sorted({found[0] for found in shown.values()})
        if len(different) < len(shown):
            return failure("devices-shared", f"{len(shown)} pods see {listed(different)}, expected a device of its own for each")
        return success("scaled-up", f"two pods are ready, each with its own device: {listed(different)}")
