# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Deployment with an autoscaler, followed phase by phase."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.histories import Sayings
from ansible_collections.ailab.conformance.plugins.module_utils._platform.scaling import (
    APP_LABEL,
    HPA,
    Reading,
    autoscaler,
    custom_metrics,
    deployment,
    values_of,
)
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline
from ansible_collections.ailab.conformance.plugins.module_utils._platform.trace import Trace

from .settings import HpaSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import PodTemplate

JSON = Any

_STABILIZE_SECONDS = 5


class Autoscaled:
    """A context manager: the pods and the autoscaler are followed inside it.

    Args:
        bench: the way to the cluster.
        role: name of both.
        metric: name by which the metrics API serves what the autoscaler follows.
        target: average that it is to keep per pod.
        most: maxReplicas.
    """

    def __init__(self, bench: Bench, role: str, *, metric: str, target: int, most: int = 2) -> None:
        self.bench = bench
        self.role = role
        self.name = bench.name(role)
        self.metric = metric
        self.target = target
        self.settings = bench.own(HpaSettings)
        self.pods = Trace(bench.cluster, kinds.POD.collection(bench.namespace), labels=f"{APP_LABEL}={self.name}")
        self.hpa = Sayings(bench.cluster, HPA.collection(bench.namespace), fields=f"metadata.name={self.name}")
        self._most = most
        self._stack = contextlib.ExitStack()
        self._said_before = self._seen_before = 0

    def __enter__(self) -> Self:
        self._stack.enter_context(self.pods)
        self._stack.enter_context(self.hpa)
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def make(self, template: PodTemplate) -> None:
        """Makes the Deployment with one pod, every change of which is seen."""
        self.pods.listed(seconds=self.bench.settings.start_seconds)
        manifest = deployment(self.name, template, replicas=1, labels=self.bench.identity.labels)
        self.bench.create(f"{self.role}.pods", manifest, name=self.name)

    def follow(self) -> None:
        """Makes the autoscaler."""
        manifest = autoscaler(self.name, metric=self.metric, average=self.target, most=self._most, stabilize=_STABILIZE_SECONDS)
        self.bench.create(f"{self.role}.autoscaler", manifest, name=self.name)

    def running(self) -> list[str]:
        """Names of the pods that run and stay, the oldest first."""
        last = self.pods.timeline().last.values()
        return [state["pod"] for state in last if state["phase"] == "Running" and state.get("ready") and not state.get("ending")]

    def ready(self, count: int, *, seconds: float) -> bool:
        """Waits until so many pods are ready and no others there."""

        def settled(timeline: Timeline) -> bool | None:
            here = [state for state in timeline.last.values() if state["phase"] != "Gone"]
            return (len(here) == count and all(state.get("ready") and not state.get("ending") for state in here)) or None

        return bool(self.pods.reaches(settled, seconds=seconds))

    def reads(self, value: float) -> bool:
        """Waits until the autoscaler reads a value."""
        return self.says(lambda reading: reading.active and reading.value == value)

    def says(self, wanted: Callable[[Reading], bool]) -> bool:
        """Waits until the autoscaler says something of its metric."""

        def said(_hpa: list[JSON]) -> bool | None:
            return (bool(self.hpa.said) and wanted(Reading.of(self.hpa.said[-1], self.metric))) or None

        return bool(self.hpa.until(said, seconds=self.settings.metric_seconds))

    def hold(self, count: int) -> None:
        """Watches for a while whether the number of pods changes."""

        def changed(timeline: Timeline) -> bool | None:
            return sum(1 for state in timeline.last.values() if state["phase"] != "Gone") != count or None

        self.pods.reaches(changed, seconds=self.settings.hold_seconds)

    def phase(self) -> JSON:
        """What has happened since the last phase ended, for the record."""
        timeline, said = self.pods.timeline(), list(self.hpa.said)
        known = {change["uid"]: change for change in timeline.changes[: self._seen_before]}
        changes = [*known.values(), *timeline.changes[self._seen_before :]]
        fact = {
            "metric": self.metric,
            "target": self.target,
            "served": self.served(),
            "said": said[max(0, self._said_before - 1) :],
            "pods": {**timeline.as_fact(), "changes": changes},
            "known": len(known),
        }
        self._seen_before, self._said_before = len(timeline.changes), len(said)
        return fact

    def served(self) -> Mapping[str, float]:
        """Pod → value that the metrics API serves now."""
        reply = custom_metrics(self.bench.cluster, self.bench.namespace, self.metric, f"{APP_LABEL}={self.name}")
        return values_of(reply.body, self.metric) if reply.status == HTTPStatus.OK else {}
