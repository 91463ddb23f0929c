# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API server serves, in two requests.

Source: KEP-3352 (aggregated discovery), stable since Kubernetes v1.30.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .client import Cluster, successful

JSON = Any

_ACCEPT = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A kind in one of its versions.

    Attributes:
        group: empty for the core group.
        version: ``v1``.
        kind: ``Deployment``.
        plural: its name in paths, ``deployments``.
        namespaced: whether its objects are in namespaces.
        verbs: what can be asked of it.
        preferred: whether the version is the first that the group offers.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str]
    preferred: bool

    @property
    def api_version(self) -> str:
        """As in manifests."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def is_kind(self, definition: Mapping[str, JSON]) -> bool:
        """Whether an object of a manifest is of it."""
        return bool(self.api_version == definition.get("apiVersion") and self.kind == definition.get("kind"))

    def path(self, *, namespace: str = "", name: str = "") -> str:
        """Of a collection, or of one of its objects.

        Args:
            namespace: empty for kinds without one, and for all namespaces.
            name: empty for the collection.
        """
        base = f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{base}{scope}/{self.plural}{f'/{name}' if name else ''}"


def served(cluster: Cluster) -> list[Served]:
    """All kinds in all versions.

    Raises:
        ApiError: the server refuses.
        UnreachableError: no answer.
    """
    return [
        _kind(group["metadata"].get("name", ""), version, resource, preferred=number == 0)
        for root in ("/api", "/apis")
        for group in successful(cluster.call("get", root, accept=_ACCEPT)).body["items"]
        for number, version in enumerate(group["versions"])
        for resource in version.get("resources", [])
        if resource.get("responseKind")
    ]


def _kind(group: str, version: JSON, resource: JSON, *, preferred: bool) -> Served:
    return Served(
        group=group,
        version=version["version"],
        kind=resource["responseKind"]["kind"],
        plural=resource["resource"],
        namespaced=resource["scope"] == "Namespaced",
        verbs=frozenset(resource["verbs"]),
        preferred=preferred,
    )
