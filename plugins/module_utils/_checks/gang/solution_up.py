# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GANG-01: a solution for gang scheduling is installed, and all of it is up."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import condition
from ansible_collections.ailab.conformance.plugins.module_utils._platform.queues import GROUP, Kueue

from .needs import LOOKS
from .requirement import GANG_SCHEDULING
from .scenario import solution_of
from .settings import GangSettings
from .variants import BY_QUEUE, DIRECTLY, Sent

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


class SolutionUp(RecordedControl[Sent]):
    """The controllers are available, and each webhook of the solution's API group leads to a ready endpoint.

    A Deployment of zero replicas is available, so ready replicas are counted. Stopping somebody's queue controller would stop their
    jobs; the control is what was just seen, without ready replicas.
    """

    id = "GANG-01"
    requirement = GANG_SCHEDULING.id
    needs = LOOKS
    title = "a gang scheduling solution is installed and up"
    asks = "Are the solution's controllers available, and do its webhooks lead to ready endpoints?"
    broken_looks_like = (
        "No API group of a known solution is served, a controller has no ready replica, or a webhook's Service has no ready endpoint."
    )
    sources = ("specification: gang_scheduling", "KAR-0053")
    reads_only = True
    subject = BY_QUEUE
    control = DIRECTLY
    control_reason = "controller-not-available"

    def observe(self, bench: Bench, _variant: Sent, /) -> None:
        """Reads the solution's Deployments, webhooks and endpoints."""
        solution = solution_of(bench)
        space = bench.own(GangSettings).gang_namespace
        bench.note("known", {"name": solution.name, "namespace": space})
        bench.listing("controllers", kinds.DEPLOYMENT, space=space)
        bench.listing("endpoints", kinds.ENDPOINT_SLICE, space=space)
        hooks = [*_hooks(bench, kinds.VALIDATING_WEBHOOK), *_hooks(bench, kinds.MUTATING_WEBHOOK)] if isinstance(solution, Kueue) else []
        bench.note("webhooks", [hook for hook in hooks if hook["service"]])

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same platform with its controllers down."""
        controllers = copy.deepcopy(subject.last("controllers") or [])
        for item in controllers:
            item["status"] = {"replicas": 1, "unavailableReplicas": 1, "conditions": [{"type": "Available", "status": "False"}]}
        facts = ("known", "endpoints", "webhooks")
        return [*((name, subject.last(name)) for name in facts if subject.last(name) is not None), ("controllers", controllers)]

    def evaluate(self, seen: Seen) -> Finding:
        """Counts ready replicas and ready endpoints."""
        known, controllers = seen.last("known"), seen.last("controllers")
        endpoints, hooks = seen.last("endpoints"), seen.last("webhooks")
        if not (isinstance(known, dict) and known.get("name")) or any(fact is None for fact in (controllers, endpoints, hooks)):
            return inconclusive("solution-not-seen", "the solution's controllers, endpoints and webhooks were not all read")
        space = known["namespace"]
        if not controllers:
            return failure(
                "controller-missing", f"no Deployment in namespace {space}, expected the solution's: see the option gang_namespace"
            )
        down = [item["metadata"]["name"] for item in controllers if not _is_up(item)]
        if down:
            sentence = f"{listed(down)} in namespace {space} has no ready replica or is not available: see kubectl describe deployment"
            return failure("controller-not-available", sentence)
        served = {item["metadata"]["labels"]["kubernetes.io/service-name"] for item in endpoints if _is_ready(item)}
        dead = sorted({hook["name"] for hook in hooks if hook["service"]["namespace"] == space and hook["service"]["name"] not in served})
        if dead:
            return failure("webhook-unserved", f"no ready endpoint behind {listed(dead)}: see the Services of namespace {space}")
        if known["name"] == "kueue" and not hooks:
            return failure("webhook-missing", f"no webhook for the API group {GROUP}, expected Kueue's: jobs would pass its queues by")
        up = listed(item["metadata"]["name"] for item in controllers)
        return success("solution-up", f"{known['name']}: {up} available, {len(hooks)} webhooks lead to ready endpoints")


def _hooks(bench: Bench, kind: kinds.Kind) -> list[JSON]:
    """The webhooks of the solution's API group, in short."""
    return [
        {"name": hook["name"], "service": hook["clientConfig"].get("service"), "failure_policy": hook.get("failurePolicy")}
        for configuration in bench.cluster.list(kind.collection()).items
        for hook in configuration.get("webhooks") or []
        if any(GROUP in (rule.get("apiGroups") or []) for rule in hook.get("rules") or [])
    ]


def _is_up(deployment: JSON) -> bool:
    return (
        int((deployment.get("status") or {}).get("readyReplicas") or 0) > 0 and condition(deployment, "Available").get("status") == "True"
    )


def _is_ready(endpoints: JSON) -> bool:
    return any((endpoint.get("conditions") or {}).get("ready") is not False for endpoint in endpoints.get("endpoints") or [])
