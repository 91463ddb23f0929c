# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SM-08: one tenant does not see another one's metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError

from .collected import look, of_mark, require_whole, start, stored
from .judging import FromStore
from .needs import SERVING
from .requirement import AI_SERVICE_METRICS
from .settings import ServiceMetricsSettings

_REFUSED = frozenset({401, 403})


if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """Who asks.

    Attributes:
        other: another tenant; otherwise the one that the workload belongs to.
    """

    other: bool


class Tenancy(FromStore, Check[Tenant]):
    """What one tenant's workload exposes is not there for another tenant.

    Needs a monitoring system that has tenants, as Kubermatic's user cluster MLA has. The control asks as the workload's own tenant.
    """

    id = "SM-08"
    requirement = AI_SERVICE_METRICS.id
    title = "metrics stay with their tenant"
    asks = "Does another tenant's query for a workload's metrics come back empty, or refused?"
    broken_looks_like = "The other tenant gets the series."
    sources = ("KKP: user cluster monitoring, logging and alerting",)
    mandatory = False
    needs = SERVING
    subject = Tenant(other=True)
    control = Tenant(other=False)
    control_reason = "visible-to-others"

    def observe(self, bench: Bench, variant: Tenant, /) -> None:
        """Waits until the own tenant sees the workload, then asks for as long as something must not be stored elsewhere."""
        own = bench.own(ServiceMetricsSettings)
        if not own.other_monitoring_service:
            raise PreconditionError(
                name="second-tenant",
                what="looking for a second tenant of the monitoring system",
                found="no option other_monitoring_service",
                expected="the Service through which another tenant's metrics are queried",
                look="the options other_monitoring_*",
            )
        mark = start(bench)
        if not mark:
            return
        look(bench, "mine", of_mark(mark), bool, seconds=own.collect_seconds)
        # Stores may have it at different times.
        look(bench, "theirs", of_mark(mark), bool, seconds=own.quiet_seconds, store=own.other_store if variant.other else own.store)

    def judge(self, seen: Seen, /) -> Finding:
        """Looks at what the asker got."""
        if not stored(seen, "mine"):
            return inconclusive("not-discovered", "the workload's own tenant does not see it either: see SM-02")
        require_whole(seen, "theirs")
        theirs = seen.last("theirs")
        if isinstance(theirs, dict) and theirs.get("status") in _REFUSED:
            body = theirs.get("body")
            if isinstance(body, dict) and body.get("kind") == "Status":
                return inconclusive("not-asked", f"the API server refused the question, nobody else saw it: {body.get('message')}")
            return success("refused", f"the other tenant was answered {theirs.get('status')}")
        if found := stored(seen, "theirs"):
            return failure("visible-to-others", f"{len(found)} metrics of {seen.last('mark.server')} came back, expected none")
        return success("not-visible", f"no series of {seen.last('mark.server')} came back to the other tenant")
