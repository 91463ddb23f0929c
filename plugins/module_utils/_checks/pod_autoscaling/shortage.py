# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HPA-10: a lack of accelerators is told from a lack of scaling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import counted, failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import whole_node
from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.arenas import find_arena
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import PodTemplate

from .needs import SCALES
from .phases import TARGET, Phase
from .requirement import POD_AUTOSCALING
from .scaled import Scaled
from .wave import require_pipeline

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_TAKES = whole_node(allocator=Allocator.DEVICE_PLUGIN, seconds=16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """How many replicas are wanted.

    Attributes:
        by: how many more than there are accelerators.
    """

    by: int


class ShortageTold(Check[Beyond]):
    """The autoscaler wants one replica more than there are accelerators: the scheduler names the accelerators at the one that waits.

    Replicas that are not ready look like a broken autoscaler until somebody reads why. The control wants what there is: nothing is short.
    Pods are bound to nodes that are there, so that a cluster autoscaler cannot help.
    """

    id = "HPA-10"
    requirement = POD_AUTOSCALING.id
    needs = SCALES
    title = "a lack of accelerators is told from a lack of scaling"
    asks = "With one replica more wanted than there are accelerators, are all others ready, and does the scheduler say why one is not?"
    broken_looks_like = "Fewer are ready than there are accelerators, or nothing says why one waits."
    sources = ("KAR-0057", "kube-scheduler: NodeResourcesFit")
    mandatory = False
    subject = Beyond(by=1)
    control = Beyond(by=0)
    control_reason = "nothing-short"
    subject_takes = _TAKES
    control_takes = _TAKES

    def observe(self, bench: Bench, variant: Beyond, /) -> None:
        """Asks for as many replicas as there are accelerators, or for one more."""
        require_pipeline(bench)
        where = find_arena(bench, least=1)
        resource = bench.settings.accelerator_resource
        template = PodTemplate(
            image=bench.settings.probe_image, resources={resource: 1}, tolerations=bench.settings.tolerations, affinity=where.affinity
        )
        wanted = where.free + variant.by
        with Scaled(bench, "app", template, most=where.free + 1) as scaled:
            if scaled.start():
                scaled.tell(TARGET * wanted)
                seconds = scaled.settings.metric_seconds + scaled.settings.scale_seconds
                scaled.pods.reaches(
                    lambda timeline: len([s for s in timeline.last.values() if s.get("ready") or s.get("refusal")]) >= wanted or None,
                    seconds=seconds,
                )
                scaled.hold(wanted)
            bench.note("phase.app", scaled.phase())

    def evaluate(self, seen: Seen) -> Finding:
        """Reads why a replica waits."""
        phase, where = Phase.read(seen.last("phase.app")), seen.last("arena")
        if phase is None or not isinstance(where, dict):
            return inconclusive("phases-not-seen", "the replicas were not seen to the end of the load")
        free, resource = where["free"], where["resource"]
        waiting = [state for state in phase.pods.last.values() if state.get("refusal") and state["phase"] == "Pending"]
        if min(phase.most_desired, phase.ready) < free:
            found = f"the autoscaler wanted {phase.most_desired} replicas, {phase.ready} are ready"
            return inconclusive("not-all-ready", f"{found}, {free} have accelerators: see HPA-03")
        if phase.most_desired <= free and not waiting:
            return failure(
                "nothing-short", f"the autoscaler wanted {phase.most_desired} replicas, and {counted(free, 'accelerator')} served them all"
            )
        if not waiting:
            return failure(
                "nobody-says-why", f"{phase.most_desired} replicas are wanted and {phase.ready} ready, but the scheduler refused none"
            )
        words = waiting[0]["refusal"]
        if f"Insufficient {resource}" not in words:
            return failure("another-reason", f"one replica waits for something else than {resource}: {words}")
        return success(
            "shortage-told", f"{phase.ready} of {phase.most_desired} replicas are ready; the scheduler says of the other: {words}"
        )
