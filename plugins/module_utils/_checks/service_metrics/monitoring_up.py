# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SM-01: there is a monitoring system, and it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.monitoring import Store, StoreError, query, vector

from .needs import ASKING
from .requirement import AI_SERVICE_METRICS
from .settings import ServiceMetricsSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Who is asked.

    Attributes:
        exists: the platform's monitoring system; otherwise a Service that nobody has made.
    """

    exists: bool


class MonitoringUp(Check[System]):
    """The monitoring system evaluates an expression whose value is known.

    A Service without endpoints and an ingress' page answer, too. The control asks a Service that does not exist.
    """

    id = "SM-01"
    requirement = AI_SERVICE_METRICS.id
    title = "the monitoring system answers queries"
    asks = "Does the monitoring system evaluate vector(1) to 1?"
    broken_looks_like = "Nobody answers, or somebody who cannot evaluate."
    sources = ("specification: provide a monitoring system", "Prometheus HTTP API v1: query")
    reads_only = True
    needs = ASKING
    subject = System(exists=True)
    control = System(exists=False)
    control_reason = "store-silent"

    def observe(self, bench: Bench, variant: System, /) -> None:
        """Asks once."""
        store = bench.own(ServiceMetricsSettings).store
        absent = Store(namespace=store.namespace, service=bench.unique("absent"), port=store.port, path=store.path, scheme=store.scheme)
        query(bench, "one", store if variant.exists else absent, "vector(1)")

    def evaluate(self, seen: Seen) -> Finding:
        """Looks at the value."""
        if seen.last("one") is None:
            return inconclusive("store-not-asked", "the monitoring system was not asked")
        try:
            found = vector(seen.last("one"))
        except StoreError as error:
            return failure("store-silent", f"{error}; see the options monitoring_*")
        if [sample.value for sample in found] != [1.0]:
            return failure("store-wrong", f"vector(1) is {[sample.value for sample in found]}, expected one element of value 1")
        return success("store-answers", "the monitoring system evaluates vector(1) to 1")
