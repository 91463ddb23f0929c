# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Deployment whose pods expose a gauge, with an autoscaler that follows it, played phase by phase."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.histories import Sayings
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import CONTAINER, PORT, PodTemplate
from ansible_collections.ailab.conformance.plugins.module_utils._platform.scaling import (
    APP_LABEL,
    HPA,
    Reading,
    autoscaler,
    custom_metrics,
    deployment,
    gauge_of,
    serving,
    telling,
    values_of,
)
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline
from ansible_collections.ailab.conformance.plugins.module_utils._platform.trace import Trace

from .phases import IDLE, TARGET
from .settings import HpaSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_STABILIZE_SECONDS = 5
_SCRAPE = ("wget", "-q", "-O", "-", f"http://127.0.0.1:{PORT}/metrics.txt")


class Scaled:
    """A context manager: the pods and the autoscaler are followed inside it.

    Args:
        bench: the way to the cluster.
        role: name of both.
        template: of the pods; what they expose is added to it.
        most: maxReplicas.
    """

    def __init__(self, bench: Bench, role: str, template: PodTemplate, *, most: int = 2) -> None:
        self._bench = bench
        self._role = role
        self._name = bench.name(role)
        self._most = most
        self._template = template
        self.settings = bench.own(HpaSettings)
        self.pods = Trace(bench.cluster, kinds.POD.collection(bench.namespace), labels=f"{APP_LABEL}={self._name}")
        self.hpa = Sayings(bench.cluster, HPA.collection(bench.namespace), fields=f"metadata.name={self._name}")
        self._stack = contextlib.ExitStack()
        self._told: dict[str, float] = {}
        self._said_before = self._seen_before = 0

    def __enter__(self) -> Self:
        self._stack.enter_context(self.pods)
        self._stack.enter_context(self.hpa)
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def start(self) -> bool:
        """Makes the Deployment, one idle pod of it, and the autoscaler; whether the autoscaler reads the idle value."""
        bench = self._bench
        self.pods.listed(seconds=bench.settings.start_seconds)
        template = serving(self._template, self.settings.pod_metric)
        bench.create(f"{self._role}.pods", deployment(self._name, template, replicas=1, labels=bench.identity.labels), name=self._name)
        if not self.ready(1, seconds=bench.settings.start_seconds):
            return False
        self.tell(IDLE)
        following = autoscaler(self._name, metric=self.settings.pod_metric, average=TARGET, most=self._most, stabilize=_STABILIZE_SECONDS)
        bench.create(f"{self._role}.autoscaler", following, name=self._name)
        return self.reads(IDLE)

    def tell(self, value: int | None, *, only: str = "", but: str = "") -> None:
        """Sets the gauge of the pods that run, or takes it away.

        Args:
            value: None to take it away.
            only: the one pod to be told.
            but: the one pod not to be told.
        """
        for name in self.running():
            if (only and name != only) or name == but:
                continue
            path = kinds.POD.path(name=name, namespace=self._bench.namespace)
            command = telling(self.settings.pod_metric, value)
            self._bench.cluster.execute(path, container=CONTAINER, command=command, seconds=self._bench.settings.start_seconds)
            if value is None:
                self._told.pop(name, None)
            else:
                self._told[name] = float(value)

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
        metric = self.settings.pod_metric

        def said(_hpa: list[JSON]) -> bool | None:
            return (bool(self.hpa.said) and wanted(Reading.of(self.hpa.said[-1], metric))) or None

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
            "metric": self.settings.pod_metric,
            "target": TARGET,
            "told": dict(self._told),
            "served": self._served(),
            "scraped": self._scraped(),
            "said": said[max(0, self._said_before - 1) :],
            "pods": {**timeline.as_fact(), "changes": changes},
            "known": len(known),
        }
        self._seen_before, self._said_before = len(timeline.changes), len(said)
        return fact

    def _served(self) -> Mapping[str, float]:
        reply = custom_metrics(self._bench.cluster, self._bench.namespace, self.settings.pod_metric, f"{APP_LABEL}={self._name}")
        return values_of(reply.body, self.settings.pod_metric) if reply.status == HTTPStatus.OK else {}

    def _scraped(self) -> Mapping[str, float]:
        found = {}
        for name in self.running():
            path = kinds.POD.path(name=name, namespace=self._bench.namespace)
            done = self._bench.cluster.execute(path, container=CONTAINER, command=_SCRAPE, seconds=self._bench.settings.start_seconds)
            value = gauge_of(done.stdout, self.settings.pod_metric)
            if value is not None:
                found[name] = value
        return found
