# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DRA-01: the API is there, in its stable version, with everything a user does with it."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl

from .requirement import DRA_SUPPORT

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

GROUP, VERSION = "resource.k8s.io", "v1"
RESOURCES = ("deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices")
VERBS = frozenset({"create", "get", "list", "watch", "update", "patch", "delete"})

_WITHOUT_V1: JSON = {
    "kind": "APIGroup",
    "apiVersion": "v1",
    "name": GROUP,
    "versions": [{"groupVersion": f"{GROUP}/{version}", "version": version} for version in ("v1beta2", "v1beta1")],
    "preferredVersion": {"groupVersion": f"{GROUP}/v1beta2", "version": "v1beta2"},
}
"""Discovery of a v1.33 API server with its beta APIs enabled: the group is there, its stable version is not."""


class ApiServed(RecordedControl[Situation]):
    """The API server serves the four resources of resource.k8s.io/v1 with all verbs.

    A platform with only the beta versions, or with read-only resources behind a proxy, is caught by versions and verbs. A cluster
    cannot be made to serve less, so the control is the discovery of one that does.
    """

    id = "DRA-01"
    requirement = DRA_SUPPORT.id
    title = "stable DRA API is served"
    asks = f"Does discovery list {', '.join(RESOURCES)} in {GROUP}/{VERSION}, each with {', '.join(sorted(VERBS))}?"
    broken_looks_like = "The API server answers 404 for the group's version v1, or a resource or verb is missing from the list."
    sources = ("KEP-4381", "API reference resource.k8s.io/v1", "KAR-0051")
    reads_only = True
    subject = AS_IT_IS
    control = Situation(cluster="a recorded one that serves v1beta1 and v1beta2 only")
    control_reason = "version-not-served"

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Asks discovery for the group and for its stable version."""
        bench.ask("group", "get", f"/apis/{GROUP}")
        bench.ask("resources", "get", f"/apis/{GROUP}/{VERSION}")

    def recorded(self, _subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """What a server without v1 answers."""
        return [("group", {"status": 200, "body": _WITHOUT_V1}), ("resources", {"status": 404, "body": "404 page not found"})]

    def evaluate(self, seen: Seen) -> Finding:
        """Compares what is served with what must be."""
        group, answer = seen.last("group"), seen.last("resources")
        if group is None or answer is None:
            return inconclusive("discovery-not-seen", f"discovery of {GROUP} was not read to its end")
        if answer["status"] == HTTPStatus.NOT_FOUND:
            versions = group["body"].get("versions") or [] if group["status"] == HTTPStatus.OK else []
            served = listed(version["version"] for version in versions)
            return failure(
                "version-not-served", f"{GROUP} is served in {served}, expected {VERSION}: see the API server's --runtime-config"
            )
        if answer["status"] != HTTPStatus.OK:
            return inconclusive(
                "discovery-refused", f"discovery of {GROUP}/{VERSION} was answered with HTTP {answer['status']}: {answer['body']}"
            )
        return self._complete({resource["name"]: set(resource["verbs"]) for resource in answer["body"]["resources"]})

    @staticmethod
    def _complete(served: dict[str, set[str]]) -> Finding:
        missing = [name for name in RESOURCES if name not in served]
        if missing:
            return failure("resource-missing", f"{GROUP}/{VERSION} lacks {listed(missing)}: see kubectl api-resources --api-group {GROUP}")
        lacking = [f"{verb} of {name}" for name in RESOURCES for verb in sorted(VERBS - served[name])]
        if lacking:
            return failure(
                "verb-missing", f"{GROUP}/{VERSION} does not offer {listed(lacking)}: see what serves the API in front of the API server"
            )
        return success("api-served", f"{GROUP}/{VERSION} serves {', '.join(RESOURCES)} with all verbs")
