# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Whose an object is: this release's, another's, or nobody's that says so. What is not ours is neither taken over nor removed.

Source: Helm documentation, "Charts: Labels and Annotations" (``meta.helm.sh/release-name``, by which Helm decides, too).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import METADATA_ONLY, Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.discovery import Served
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ApiError, ConformanceError, NotFoundError

from .manifest import Object

JSON = Any

MANAGED_BY = "app.kubernetes.io/managed-by"
US = "ailab.conformance"
RELEASE = "release"
RELEASE_LABEL = "ailab.conformance/release"
_HELM_NAME, _HELM_SPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
_HELMS = f"{MANAGED_BY}=Helm"
_SYSTEM = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
_ALWAYS_THERE = frozenset({("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")})
# What the system makes of other objects, and what controllers keep for themselves: it says nothing about who uses a namespace.
_BY_PRODUCTS = frozenset({"Event", "Lease", "Endpoints", "EndpointSlice", "ControllerRevision", "PodMetrics"})


class OwnershipError(ConformanceError):
    """Something that a release would make or change belongs to somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A release, as the mark on what belongs to it.

    Attributes:
        release: its name.
        namespace: where it is stored.
    """

    release: str
    namespace: str

    def __str__(self) -> str:
        """A value of a label."""
        return f"{self.namespace}.{self.release}"

    @property
    def labels(self) -> dict[str, str]:
        """For what is made beside the release itself."""
        return {MANAGED_BY: US, RELEASE_LABEL: str(self)}

    def is_helms(self, item: JSON) -> bool:
        """Whether Helm has made an object for this release."""
        annotations = item["metadata"].get("annotations") or {}
        return annotations.get(_HELM_NAME) == self.release and annotations.get(_HELM_SPACE) == self.namespace

    def is_ours(self, item: JSON) -> bool:
        """Whether an object was made beside this release."""
        return bool(labels_of(item).get(RELEASE_LABEL) == str(self))


def foreign(cluster: Cluster, manifest: Iterable[Object], *, kinds: Sequence[Served], owner: Owner) -> Iterator[str]:
    """Objects of a manifest that are there and belong to somebody else, each with whom.

    Args:
        cluster: the API server.
        manifest: the objects; those of kinds that are not served yet cannot be there.
        kinds: what the API server serves.
        owner: the release they are for.

    Raises:
        ConformanceError: the API server refuses, or does not answer.
    """
    for item in manifest:
        kind = next((entry for entry in kinds if entry.is_kind(item.definition)), None)
        if kind is None or not item.name:
            continue
        try:
            found = cluster.get(kind.path(namespace=item.namespace or owner.namespace, name=item.name))
        except NotFoundError:
            continue
        if not (owner.is_helms(found) or owner.is_ours(found)):
            yield f"{item}, which belongs to {_whom(found)}"


def missing(cluster: Cluster, manifest: Iterable[Object], *, kinds: Sequence[Served], owner: Owner) -> Iterator[str]:
    """Objects of a manifest that are not there, or not as this release's. One list of each kind.

    Args:
        cluster: the API server.
        manifest: the objects of the release.
        kinds: what the API server serves.
        owner: the release.

    Raises:
        ConformanceError: the API server refuses, or does not answer.
    """
    by_kind: dict[Served, list[Object]] = {}
    for item in manifest:
        kind = next((entry for entry in kinds if entry.is_kind(item.definition)), None)
        if kind is None:
            yield str(item)
        else:
            by_kind.setdefault(kind, []).append(item)
    for kind, wanted in by_kind.items():
        ours = (item["metadata"] for item in _listed(cluster, kind, "", labels=_HELMS) if owner.is_helms(item))
        there = {(metadata.get("namespace", ""), metadata["name"]) for metadata in ours}
        for item in wanted:
            space = item.namespace or owner.namespace
            if (space if kind.namespaced else "", item.name) not in there:
                yield str(item)


def refuse(problems: Sequence[str], *, owner: Owner, look: str) -> None:
    """Stop where something belongs to somebody else.

    Raises:
        OwnershipError: there are problems.
    """
    if problems:
        raise OwnershipError(
            what=f"setting release {owner.release} in namespace {owner.namespace}",
            found="; ".join(problems),
            expected="nothing of these names, or what this release has made; nothing was changed",
            look=look,
        )


def inhabitants(cluster: Cluster, namespace: str, *, kinds: Sequence[Served], owner: Owner) -> list[str]:
    """What is in a namespace and is neither this release's nor the system's: ``Kind/name``, or ``release name`` for all of a release.

    Args:
        cluster: the API server.
        namespace: its name.
        kinds: what the API server serves.
        owner: the release that is not counted.

    Raises:
        ConformanceError: the API server refuses, or does not answer.
    """
    found = set()
    for kind in kinds:
        if not (kind.namespaced and kind.preferred and "list" in kind.verbs) or kind.kind in _BY_PRODUCTS:
            continue
        try:
            items = _listed(cluster, kind, namespace)
        except ApiError as problem:
            if problem.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            # Whoever serves the kind, or converts it, is gone. What cannot be seen counts as there.
            found.add(f"{kind.kind}/(not to be seen)")
            continue
        for item in items:
            name = item["metadata"]["name"]
            if not (_is_by_product(kind.kind, item, owner) or owner.is_helms(item) or owner.is_ours(item)):
                release = _release_of(item)
                found.add(f"{RELEASE} {release}" if release else f"{kind.kind}/{name}")
    return sorted(found)


def namespace_is_free(cluster: Cluster, *, kinds: Sequence[Served], owner: Owner) -> str | None:
    """Why a release may not move into its namespace; None when it may, or has to make it first.

    One that this collection made is shared by its releases. Any other must be empty.

    Raises:
        ConformanceError: the API server refuses, or does not answer.
    """
    item = namespace_of(cluster, owner.namespace)
    if item is None or labels_of(item).get(MANAGED_BY) == US:
        return None
    others = ["the system"] if owner.namespace in _SYSTEM else inhabitants(cluster, owner.namespace, kinds=kinds, owner=owner)
    return f"Namespace {owner.namespace}, which belongs to {_few(others)}" if others else None


def namespace_of(cluster: Cluster, name: str) -> JSON | None:
    """A namespace; None where there is none."""
    try:
        return cluster.get(f"/api/v1/namespaces/{name}")
    except NotFoundError:
        return None


def labels_of(item: JSON) -> Mapping[str, str]:
    """An object's labels."""
    return item["metadata"].get("labels") or {}


def _listed(cluster: Cluster, kind: Served, namespace: str, *, labels: str = "") -> list[JSON]:
    try:
        return cluster.list(kind.path(namespace=namespace), labels=labels, accept=METADATA_ONLY).items
    except NotFoundError:
        return []


def _release_of(item: JSON) -> str:
    """Name of the Helm release that an object, or the Secret of a release, belongs to; empty for none."""
    labels = labels_of(item)
    stored = labels.get("name", "") if labels.get("owner") == "helm" else ""
    return stored or (item["metadata"].get("annotations") or {}).get(_HELM_NAME, "")


def _is_by_product(kind: str, item: JSON, owner: Owner) -> bool:
    metadata = item["metadata"]
    ours = (labels_of(item).get("owner"), labels_of(item).get("name")) == ("helm", owner.release)
    return bool(metadata.get("ownerReferences")) or (kind, metadata["name"]) in _ALWAYS_THERE or (kind == "Secret" and ours)


def _whom(item: JSON) -> str:
    annotations, labels = item["metadata"].get("annotations") or {}, labels_of(item)
    if _HELM_NAME in annotations:
        return f"Helm release {annotations.get(_HELM_SPACE)}/{annotations[_HELM_NAME]}"
    if RELEASE_LABEL in labels:
        return f"release {labels[RELEASE_LABEL]} of this collection"
    return f"{labels[MANAGED_BY]}" if MANAGED_BY in labels else "somebody who left no mark on it"


def _few(names: Sequence[str]) -> str:
    rest = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + rest
