# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RC-11: work goes on while the operator is away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import alone
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import Needs, anywhere
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import is_ready

from .operating import (
    READING,
    RESOURCE,
    RUNNING,
    by_name,
    chosen,
    condition_of,
    is_over,
    operator_of,
    own_webhooks,
    prepare,
    serving,
    short,
    task_of,
)
from .requirement import ROBUST_CONTROLLER
from .settings import ControllerSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


JSON = Any

_SOUND, _BROKEN = "sleep 5; echo done", "sleep 5; echo broken; exit 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Whether what the resource runs ends well."""

    ends_well: bool


class SurvivesRestart(Check[Work]):
    """The operator's pods are deleted while a resource is under way; it still comes to its end, and other pods take over.

    The control does the same to work that fails, which must show. It disturbs everybody who uses the operator, so it runs alone, and
    only where that is allowed.
    """

    id = "RC-11"
    requirement = ROBUST_CONTROLLER.id
    needs = READING + RUNNING + Needs(rights=anywhere(kinds.POD, "delete"))
    title = "a restart of the operator loses nothing"
    asks = "Does a resource that is under way come to its end although the operator's pods are deleted meanwhile?"
    broken_looks_like = "The resource stays without a terminal condition, because the operator kept its state in memory."
    sources = ("Kubernetes documentation: controllers", "specification: functions reliably")
    mandatory = False
    disruptive = True
    subject = Work(ends_well=True)
    control = Work(ends_well=False)
    control_reason = "resource-failed"
    subject_takes = alone(seconds=30)
    control_takes = alone(seconds=30)

    def observe(self, bench: Bench, variant: Work, /) -> None:
        """Deletes the operator's pods under a running resource."""
        operator = operator_of(bench)
        found = own_webhooks(bench, operator)
        before = serving(bench, found, fact="before")
        task = task_of(bench, _SOUND if variant.ends_well else _BROKEN)
        prepare(bench, operator, task)
        name = bench.create(RESOURCE, operator.sound(task))["metadata"]["name"]
        seconds = bench.own(ControllerSettings).reconcile_seconds

        def started(view: View) -> bool:
            return any(pod["spec"].get("nodeName") for pod in view.all(kinds.POD.name) if ours(pod))

        def ours(item: dict[str, dict[str, str]]) -> bool:
            return item["metadata"]["name"].startswith(name)

        def over(view: View) -> bool:
            found = by_name(view, operator.kind, name)
            return found is not None and is_over(found, operator)

        if bench.watched("started", started, of=(kinds.POD,), seconds=seconds, keep=ours):
            for pod in [pod for part in before for pod in part["pods"]]:
                bench.evict(pod["metadata"]["name"], pod, kinds.POD)
            bench.watched("end", over, of=(operator.kind,), seconds=seconds, keep=ours)
            bench.polled(lambda: self._recovered(bench, before) or None, every=1.0, seconds=seconds)
            serving(bench, found, fact="after")

    @staticmethod
    def _recovered(bench: Bench, before: Iterable[JSON]) -> bool:
        """Whether another pod is ready behind every Service."""
        gone = {pod["metadata"]["uid"] for part in before for pod in part["pods"]}
        for part in before:
            hashes = {_making(pod) for pod in part["pods"]}
            now = bench.cluster.list(kinds.POD.collection(part["namespace"])).items
            fresh = [pod for pod in now if _making(pod) in hashes and pod["metadata"]["uid"] not in gone]
            if not any(is_ready(pod) for pod in fresh):
                return False
        return True

    def evaluate(self, seen: Seen) -> Finding:
        """Reads the end, and who was there at it."""
        operator, waited = chosen(seen), seen.last("end")
        evicted, behind = seen.named("evict."), seen.last("after")
        if operator is None or not waited or not evicted or behind is None:
            return inconclusive("not-tried", "the operator's pods were not deleted under a running resource")
        found = next(iter(waited["objects"][operator.kind.name]), None)
        if found is None or not is_over(found, operator):
            return failure("not-reconciled", f"the {operator.kind.name} has no terminal condition {waited['waited']} s after the restart")
        failed = condition_of(found, operator.failed)
        if failed.get("status") == "True":
            return failure("resource-failed", f"the {operator.kind.name} ended as {operator.failed}: {short(str(failed.get('message')))}")
        names = {pod["metadata"]["name"] for part in behind for pod in part["pods"]}
        if names & set(evicted) or not names:
            return failure("not-restarted", f"the operator's pods are {listed(sorted(names))}, expected others than the deleted ones")
        return success(
            "restart-survived", f"{operator.succeeded} although {listed(evicted)} was deleted; {listed(sorted(names))} took over"
        )


def _making(pod: JSON) -> str:
    """What the pods of one ReplicaSet have in common."""
    return str((pod["metadata"].get("labels") or {}).get("pod-template-hash"))
