# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RC-02: the operator runs, and goes on running."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import is_ready

from .operating import READING, operator_of, own_webhooks, serving
from .requirement import ROBUST_CONTROLLER

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


JSON = Any


class PodsRunSteadily(RecordedControl[Situation]):
    """All pods behind the operator's webhooks are ready, none restarts while it is watched, and a leader lease is held.

    The control is what was seen, with a container that has restarted once more and waits to be started again.
    """

    id = "RC-02"
    requirement = ROBUST_CONTROLLER.id
    needs = READING
    title = "the operator's pods run steadily"
    asks = "Are all pods of the operator ready, does none restart while it is watched, and does somebody hold its lease?"
    broken_looks_like = "A pod is not ready or in CrashLoopBackOff, a container's restart count grows, or nobody holds the lease."
    sources = ("KAR-0063", "specification: the operator's pods run correctly")
    reads_only = True
    subject = AS_IT_IS
    control = Situation(cluster="as it is, with a container that keeps crashing")
    control_reason = "pod-not-ready"

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Reads the pods twice, some time apart."""
        found = own_webhooks(bench, operator_of(bench))
        serving(bench, found, fact="first")
        bench.polled(lambda: None, every=bench.settings.settle_seconds, seconds=bench.settings.settle_seconds)
        serving(bench, found, fact="later")

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same with pods that crash."""
        facts = {fact.name: fact.data for fact in subject.facts}
        later = [{**part, "pods": [_crashing(pod) for pod in part["pods"]]} for part in facts.get("later") or []]
        return [(name, {**facts, "later": later}.get(name)) for name in ("operator", "first", "later")]

    def evaluate(self, seen: Seen) -> Finding:
        """Compares the two looks."""
        operator, first, later = seen.last("operator"), seen.last("first"), seen.last("later")
        if not operator or first is None or later is None:
            return inconclusive("pods-not-seen", "the operator's pods were not read twice")
        pods = [pod for part in later for pod in part["pods"]]
        if not pods:
            return failure("no-pods", f"no pod serves a webhook of {operator['title']}, expected its controller")
        unready = [_name(pod) for pod in pods if not is_ready(pod)]
        if unready:
            return failure("pod-not-ready", f"{listed(unready)} is not ready, expected all of {operator['title']} to be: see its log")
        before = {pod["metadata"]["uid"]: _restarts(pod) for part in first for pod in part["pods"]}
        restarted = [_name(pod) for pod in pods if _restarts(pod) > before.get(pod["metadata"]["uid"], 0)]
        if restarted or {pod["metadata"]["uid"] for pod in pods} != set(before):
            return failure("pod-restarted", f"{listed(restarted or [_name(pod) for pod in pods])} restarted while watched: see its log")
        held = sorted({str(lease["spec"]["holderIdentity"]) for part in later for lease in part["leases"] if _is_held(lease, pods)})
        leading = f"; the lease is held by {listed(held)}" if held else ""
        return success("running-steadily", f"{listed(map(_name, pods))} ready, without a restart{leading}")


def _is_held(lease: JSON, pods: Iterable[JSON]) -> bool:
    holder = str((lease.get("spec") or {}).get("holderIdentity") or "")
    return any(holder.startswith(str(pod["metadata"]["name"])) for pod in pods)


def _restarts(pod: JSON) -> int:
    return sum(int(status.get("restartCount") or 0) for status in (pod.get("status") or {}).get("containerStatuses") or [])


def _name(pod: JSON) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def _crashing(pod: JSON) -> JSON:
    statuses = [
        {**status, "restartCount": int(status.get("restartCount") or 0) + 1, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
        for status in pod["status"].get("containerStatuses") or []
    ]
    return {**pod, "status": {**pod["status"], "containerStatuses": statuses, "conditions": [{"type": "Ready", "status": "False"}]}}
