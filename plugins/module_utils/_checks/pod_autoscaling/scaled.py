# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Deployment whose pods expose a gauge that can be set, with an autoscaler that follows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import CONTAINER, PORT, PodTemplate
from ansible_collections.ailab.conformance.plugins.module_utils._platform.scaling import gauge_of, serving, telling

from .autoscaled import Autoscaled
from .phases import IDLE, TARGET
from .settings import HpaSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_SCRAPE = ("wget", "-q", "-O", "-", f"http://127.0.0.1:{PORT}/metrics.txt")


class Scaled(Autoscaled):
    """The same with pods that are told their load.

    Args:
        bench: the way to the cluster.
        role: name of both.
        template: of the pods; what they expose is added to it.
        most: maxReplicas.
    """

    def __init__(self, bench: Bench, role: str, template: PodTemplate, *, most: int = 2) -> None:
        super().__init__(bench, role, metric=bench.own(HpaSettings).pod_metric, target=TARGET, most=most)
        self._template = template
        self._told: dict[str, float] = {}

    def start(self) -> bool:
        """Makes the Deployment, one idle pod of it, and the autoscaler; whether the autoscaler reads the idle value."""
        self.make(serving(self._template, self.metric))
        if not self.ready(1, seconds=self.bench.settings.start_seconds):
            return False
        self.tell(IDLE)
        self.follow()
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
            path = kinds.POD.path(name=name, namespace=self.bench.namespace)
            command = telling(self.metric, value)
            self.bench.cluster.execute(path, container=CONTAINER, command=command, seconds=self.bench.settings.start_seconds)
            if value is None:
                self._told.pop(name, None)
            else:
                self._told[name] = float(value)

    def phase(self) -> JSON:
        """The same with what the pods were told, and what they say."""
        return {**super().phase(), "told": dict(self._told), "scraped": self._scraped()}

    def _scraped(self) -> Mapping[str, float]:
        found = {}
        for name in self.running():
            path = kinds.POD.path(name=name, namespace=self.bench.namespace)
            done = self.bench.cluster.execute(path, container=CONTAINER, command=_SCRAPE, seconds=self.bench.settings.start_seconds)
            value = gauge_of(done.stdout, self.metric)
            if value is not None:
                found[name] = value
        return found
