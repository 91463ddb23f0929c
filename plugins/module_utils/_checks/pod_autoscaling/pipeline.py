# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HPA-01: the metrics API serves metrics of pods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import condition
from ansible_collections.ailab.conformance.plugins.module_utils._platform.scaling import METRICS_GROUP, values_of

from .needs import SCALES
from .requirement import POD_AUTOSCALING
from .wave import WAVE, up_and_down

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """Which metric is asked for.

    Attributes:
        exposed: one that a pod exposes; otherwise one that nobody does.
    """

    exposed: bool


class PipelineServed(Check[Metric]):
    """The APIService is available and answers with a value of the pod that exposes the metric.

    An APIService can be available and serve nothing. The control asks for a metric that nobody exposes: a value for it would be made
    up.
    """

    id = "HPA-01"
    requirement = POD_AUTOSCALING.id
    needs = SCALES
    title = "the metrics API serves metrics of pods"
    asks = "Is the API custom.metrics.k8s.io available, and has it a value of the pod that exposes the metric?"
    broken_looks_like = "The APIService is not available, or answers 404 for a metric that a pod exposes."
    sources = ("KAR-0057", "API custom.metrics.k8s.io")
    subject = Metric(exposed=True)
    control = Metric(exposed=False)
    control_reason = "metric-not-served"
    subject_takes = WAVE
    control_takes = WAVE

    def observe(self, bench: Bench, variant: Metric, /) -> None:
        """Plays the scenario, or takes part in it."""
        up_and_down(bench)
        bench.note("asked", "answer.known" if variant.exposed else "answer.unknown")

    def evaluate(self, seen: Seen) -> Finding:
        """Reads the APIService and its answer."""
        pipeline, answer = seen.last("pipeline"), seen.last(str(seen.last("asked")))
        if not isinstance(pipeline, list) or not isinstance(answer, dict):
            return inconclusive("pipeline-not-seen", f"the API {METRICS_GROUP} was not asked for the metric: no pod exposed it in time")
        dead = [f"{item['metadata']['name']}: {_why(item)}" for item in pipeline if condition(item, "Available").get("status") != "True"]
        if dead or not pipeline:
            return failure("pipeline-unavailable", f"{'; '.join(dead) or 'no APIService'}, expected condition Available with status True")
        values = values_of(answer.get("body"), answer["metric"]) if answer.get("status") == 200 else {}
        if not values:
            return failure("metric-not-served", f"no value of {answer['metric']}: HTTP {answer.get('status')}, see the adapter's rules")
        return success(
            "pipeline-served", f"{pipeline[0]['metadata']['name']} is available and serves {answer['metric']} of {len(values)} pod"
        )


def _why(item: JSON) -> str:
    return str(condition(item, "Available").get("message") or "no word about its availability")
