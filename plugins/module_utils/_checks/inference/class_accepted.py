# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""INF-01: the API is there, and somebody serves it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import condition

from .needs import READING
from .objects import GATEWAY, GATEWAY_CLASS, GROUP, HTTP_ROUTE, holds
from .requirement import AI_INFERENCE
from .settings import InferenceSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_VERSION = f"{GROUP}/bundle-version"
_WANTED = (GATEWAY_CLASS, GATEWAY, HTTP_ROUTE)


class ClassAccepted(RecordedControl[Situation]):
    """The CRDs of Gateway API are established and say their version, and a controller has accepted a GatewayClass.

    CRDs alone are a promise: nobody need ever serve them. The control is what was just read, before any controller has looked at it.
    """

    id = "INF-01"
    requirement = AI_INFERENCE.id
    title = "Gateway API is served by a controller"
    asks = "Are the CRDs of Gateway API established, with their bundle's version, and is the GatewayClass accepted by a controller?"
    broken_looks_like = "A CRD is missing, or every GatewayClass still waits for a controller."
    sources = ("specification: Gateway API with an implementation", "Gateway API: GatewayClass, bundle-version annotation")
    reads_only = True
    needs = READING
    subject = AS_IT_IS
    control = Situation(cluster="as it is, with GatewayClasses that no controller has looked at")
    control_reason = "class-not-accepted"

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Reads CRDs and classes."""
        bench.note("wanted", bench.own(InferenceSettings).gateway_class)
        # Their schemas are long, and not what is asked.
        replies = [bench.cluster.call("get", kinds.CUSTOM_RESOURCE.path(name=f"{kind.plural}.{GROUP}")) for kind in _WANTED]
        bench.note("crds", [_short(reply.body) for reply in replies if reply.ok])
        if all(reply.ok for reply in replies):
            bench.listing("classes", GATEWAY_CLASS)

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same with classes that wait."""
        waiting = [{"type": "Accepted", "status": "Unknown", "reason": "Pending", "message": "Waiting for controller"}]
        return [
            (fact.name, [{**item, "status": {"conditions": waiting}} for item in fact.data] if fact.name == "classes" else fact.data)
            for fact in subject.facts
        ]

    def evaluate(self, seen: Seen) -> Finding:
        """Looks at both."""
        crds, classes, wanted = seen.last("crds"), seen.last("classes"), seen.last("wanted")
        if not isinstance(crds, list):
            return inconclusive("cluster-not-seen", "the CRDs were not read")
        there = {str(item.get("name")) for item in crds if isinstance(item, dict) and item.get("established") and item.get("version")}
        missing = [kind.name for kind in _WANTED if f"{kind.plural}.{GROUP}" not in there]
        if missing:
            return failure("api-not-served", f"no established CRD with a bundle version for {listed(missing)}: see kubectl get crds")
        if not isinstance(classes, list):
            return inconclusive("cluster-not-seen", "the GatewayClasses were not read")
        accepted = [str(item["metadata"]["name"]) for item in classes if holds(item, "Accepted")]
        if not accepted or (wanted and wanted not in accepted):
            found = f"GatewayClasses: {len(classes)}, accepted: {listed(accepted)}"
            return failure("class-not-accepted", f"{found}, expected {wanted or 'one'}: see the controller's log")
        version = next(str(item["version"]) for item in crds)
        return success("class-accepted", f"Gateway API {version}; accepted: {listed(accepted)}")


def _short(item: JSON) -> JSON:
    annotations = item["metadata"].get("annotations") or {}
    established = condition(item, "Established").get("status") == "True"
    return {"name": item["metadata"]["name"], "established": established, "version": annotations.get(_VERSION, "")}
