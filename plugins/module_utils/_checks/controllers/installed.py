# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RC-01: what is installed can be told: the operator, its images by digest, its kinds and webhooks by UID."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds

from .operating import READING, operator_of, own_webhooks, serving
from .requirement import ROBUST_CONTROLLER

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


JSON = Any


class InstalledAndIdentified(RecordedControl[Situation]):
    """The operator's kinds, webhooks and pods are there, and every image is known by its digest.

    The UIDs are recorded, so that a later run tells the same installation from another one. The control is what was seen, with an image
    whose digest nobody knows.
    """

    id = "RC-01"
    requirement = ROBUST_CONTROLLER.id
    needs = READING
    title = "the operator is installed and identified"
    asks = "Is an AI operator with a custom resource installed, and are its images known by digest?"
    broken_looks_like = "No such kind is served, no pod serves its webhooks, or a container reports no image digest."
    sources = ("KAR-0063", "specification: robust_controller")
    reads_only = True
    subject = AS_IT_IS
    control = Situation(cluster="as it is, with an image whose digest is not known")
    control_reason = "image-not-identified"

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Reads kinds, webhooks and pods."""
        operator = operator_of(bench)
        items = bench.cluster.list(kinds.CUSTOM_RESOURCE.collection()).items
        found = [item for item in items if item["spec"]["group"] == operator.kind.group]
        bench.note("kinds", [{"name": item["metadata"]["name"], "uid": item["metadata"]["uid"]} for item in found])
        serving(bench, own_webhooks(bench, operator))

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same with a digest missing."""
        facts = {fact.name: fact.data for fact in subject.facts}
        behind = [
            {**part, "pods": [{**pod, "status": {**pod["status"], "containerStatuses": _unknown(pod)}} for pod in part["pods"]]}
            for part in facts.get("behind") or []
        ]
        return [(name, {**facts, "behind": behind}.get(name)) for name in ("operator", "kinds", "behind")]

    def evaluate(self, seen: Seen) -> Finding:
        """Looks for what is missing."""
        operator, found, behind = seen.last("operator"), seen.last("kinds"), seen.last("behind")
        if not operator or found is None or behind is None:
            return inconclusive("installation-not-seen", "kinds, webhooks and pods were not read to their end")
        if not found:
            return inconclusive(
                "kinds-not-seen", f"no CustomResourceDefinition belongs to {operator['title']}, which is served all the same"
            )
        pods = [pod for part in behind for pod in part["pods"]]
        if not pods:
            return failure("no-pods", f"no pod serves a webhook of {operator['title']}, expected its controller")
        statuses = [status for pod in pods for status in (pod.get("status") or {}).get("containerStatuses") or []]
        unknown = [str(status.get("image")) for status in statuses if "sha256:" not in str(status.get("imageID"))]
        if unknown or not statuses:
            return failure("image-not-identified", f"no digest is known of {listed(unknown)}, expected one for every container")
        names = listed(sorted(item["name"] for item in found))
        images = listed(sorted({str(status["image"]) for status in statuses}))
        return success("installed", f"{operator['title']} serves {names}; it runs {images}, all known by digest")


def _unknown(pod: JSON) -> list[JSON]:
    return [{**status, "imageID": ""} for status in pod["status"].get("containerStatuses") or []]
