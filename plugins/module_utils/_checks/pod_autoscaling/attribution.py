# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HPA-09: the load of one Deployment does not scale another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import Takes
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import PodTemplate

from .needs import SCALES
from .phases import ABOVE, IDLE, Phase
from .requirement import POD_AUTOSCALING
from .scaled import Scaled
from .wave import require_pipeline

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

STORY = "two"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Which of two Deployments has the load.

    Attributes:
        which: ``first`` or ``second``.
    """

    which: str


class OwnLoadOnly(Check[Loaded]):
    """Two Deployments with an autoscaler each: the load of the second scales the second, and not the first.

    An average over the whole cluster, or a metric without the pod's name, scales both. The control puts the load on the first, which
    scales then. The pods ask for no accelerators here, so that the check needs none.
    """

    id = "HPA-09"
    requirement = POD_AUTOSCALING.id
    needs = SCALES
    title = "the load of one Deployment does not scale another"
    asks = "Does only the Deployment scale whose own pods have the load, when two expose the same metric?"
    broken_looks_like = "Both scale, or the wrong one does."
    sources = ("KAR-0057", "API custom.metrics.k8s.io: metrics of pods by selector")
    subject = Loaded(which="second")
    control = Loaded(which="first")
    control_reason = "other-scaled"
    subject_takes = Takes(story=STORY, seconds=65)
    control_takes = Takes(story=STORY, seconds=65)

    def observe(self, bench: Bench, variant: Loaded, /) -> None:
        """Plays the scenario with both Deployments, or takes part in it."""
        bench.shared(STORY, lambda: _play(bench))
        bench.note("loaded", variant.which)

    def evaluate(self, seen: Seen) -> Finding:
        """Looks at both Deployments while one has the load."""
        which = seen.last("loaded")
        first, second = (Phase.read(seen.last(f"phase.{which}.{name}")) for name in ("first", "second"))
        if first is None or second is None:
            return inconclusive("phases-not-seen", "the two Deployments were not both seen to the end of the load")
        if first.ready > 1 or first.most_desired > 1:
            return failure("other-scaled", f"the first Deployment went to {first.ready} pods, while the load was to be the second's alone")
        if second.ready < 2:
            return inconclusive("nothing-scaled", f"the Deployment with the load has {second.ready} ready pods: see HPA-03")
        if first.reading.value != IDLE:
            return inconclusive("other-not-read", f"the first Deployment's autoscaler read {first.reading.value}, expected {IDLE}")
        return success("own-load-only", f"the loaded Deployment went to {second.ready} pods, the other stayed at {first.ready}")


def _play(bench: Bench) -> None:
    require_pipeline(bench)
    template = PodTemplate(image=bench.settings.probe_image, tolerations=bench.settings.tolerations, affinity=bench.aside)
    with Scaled(bench, "first", template) as first, Scaled(bench, "second", template) as second:
        if not (first.start() and second.start()):
            return
        seconds = first.settings.metric_seconds + first.settings.scale_seconds
        for name, loaded, other in (("second", second, first), ("first", first, second)):
            loaded.tell(ABOVE)
            if loaded.ready(2, seconds=seconds):
                other.hold(len(other.running()))
            bench.note(f"phase.{name}.first", first.phase())
            bench.note(f"phase.{name}.second", second.phase())
