# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""CRDs and namespaces of releases: what Helm either never changes or removes too much with.

Both are applied with a mark of the release, and removed only when they carry it and nobody has anything in them.
Source: Kubernetes API concepts, "Server-Side Apply"; API reference, apiextensions.k8s.io/v1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import METADATA_ONLY, Cluster, successful
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Deadline
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError, NotFoundError
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import Mirror, Source, View
from ansible_collections.ailab.conformance.plugins.module_utils._ready.wait import Want, wait

from .manifest import Object
from .ownership import RELEASE_LABEL, Owner, labels_of, namespace_of

JSON = Any

_APPLY_PATCH = "application/apply-patch+yaml"
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_NAMESPACES = "/api/v1/namespaces"


class StuckError(ConformanceError):
    """Something does not come to life, or does not go."""


def apply_crds(cluster: Cluster, crds: Sequence[Object], *, owner: Owner, seconds: float) -> list[str]:
    """Make CRDs, or bring them to a chart's version, and wait until the API server serves them.

    Args:
        cluster: the API server.
        crds: of the chart.
        owner: the release they are marked with.
        seconds: by when.

    Returns:
        Names of those that were not there.

    Raises:
        StuckError: one is not served in time.
        ConformanceError: the API server refuses, or does not answer.
    """
    before = {item["metadata"]["name"] for item in cluster.list(_CRDS, accept=METADATA_ONLY).items}
    for crd in crds:
        definition = {key: value for key, value in crd.definition.items() if key != "status"}
        metadata = definition["metadata"]
        marked = {**metadata, "labels": {**(metadata.get("labels") or {}), **owner.labels}}
        _apply(cluster, f"{_CRDS}/{crd.name}", {**definition, "metadata": marked})
    wants = [Want(api_version="apiextensions.k8s.io/v1", kind="CustomResourceDefinition", labels=_selector(owner), count=len(crds))]
    if lacking := wait(cluster, wants, seconds=seconds).lacking if crds else []:
        raise StuckError(
            what=f"setting the CRDs of release {owner.release}",
            found="; ".join(lacking),
            expected="all of them Established",
            look="`kubectl describe crd`",
        )
    return sorted({crd.name for crd in crds} - before)


def make_namespace(cluster: Cluster, *, owner: Owner, labels: Mapping[str, str]) -> bool:
    """Make the namespace of a release where it is missing, and set labels that are asked for.

    Args:
        cluster: the API server.
        owner: the release; the namespace is marked when it is made here, and belongs to all releases in it.
        labels: such as those of Pod Security admission.

    Returns:
        Whether it was made.

    Raises:
        ConformanceError: the API server refuses, or does not answer.
    """
    found = namespace_of(cluster, owner.namespace)
    if found is not None and labels.items() <= labels_of(found).items():
        return False
    mark = owner.labels if found is None else {}
    # One field manager for all of it: what is applied without the mark later would take the mark away.
    if found is not None and RELEASE_LABEL in labels_of(found):
        mark = {key: value for key, value in labels_of(found).items() if key in owner.labels}
    metadata = {"name": owner.namespace, "labels": {**labels, **mark}}
    _apply(cluster, f"{_NAMESPACES}/{owner.namespace}", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    return found is None


def crds_of(cluster: Cluster, owner: Owner) -> list[JSON]:
    """The CRDs that carry the mark of a release."""
    return cluster.list(_CRDS, labels=_selector(owner)).items


def used(cluster: Cluster, crd: JSON) -> list[str]:
    """What people have made of a CRD, as ``namespace/name`` or ``name``."""
    spec = crd["spec"]
    # The stored version first: any other may need a webhook that is gone already.
    versions = sorted(spec["versions"], key=lambda entry: not entry.get("storage"))
    version = next((entry["name"] for entry in versions if entry.get("served")), None)
    if version is None:
        return []
    path = f"/apis/{spec['group']}/{version}/{spec['names']['plural']}"
    try:
        items = cluster.list(path, accept=METADATA_ONLY).items
    except NotFoundError:
        return []
    return sorted("/".join(filter(None, (item["metadata"].get("namespace"), item["metadata"]["name"]))) for item in items)


def remove_crds(cluster: Cluster, names: Sequence[str], *, seconds: float) -> None:
    """Remove CRDs and wait until they are gone.

    Raises:
        StuckError: one is still there.
        ConformanceError: the API server refuses, or does not answer.
    """
    _remove(cluster, _CRDS, names, seconds=seconds)


def remove_namespace(cluster: Cluster, name: str, *, seconds: float) -> None:
    """Remove a namespace and wait until it is gone.

    Raises:
        StuckError: it is still there.
        ConformanceError: the API server refuses, or does not answer.
    """
    _remove(cluster, _NAMESPACES, [name], seconds=seconds)


def _apply(cluster: Cluster, path: str, definition: JSON) -> None:
    query = [("fieldManager", "ailab.conformance"), ("force", "true")]
    successful(cluster.call("patch", path, query=query, body=definition, content_type=_APPLY_PATCH))


def _remove(cluster: Cluster, path: str, names: Sequence[str], *, seconds: float) -> None:
    deadline = Deadline(clock=cluster.clock, seconds=seconds)
    for name in names:
        reply = cluster.call(
            "delete", f"{path}/{name}", body={"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground"}
        )
        if reply.status != HTTPStatus.NOT_FOUND:
            successful(reply)
    if not names:
        return

    def gone(view: View) -> bool | None:
        return True if not {item["metadata"]["name"] for item in view.all("left")} & set(names) else None

    with Mirror(cluster, {"left": Source(path=path)}, seconds=seconds + 1) as mirror:
        if not mirror.until(gone, seconds=deadline.left()):
            raise StuckError(
                what=f"removing {', '.join(names)}",
                found=f"not gone after {seconds:g} s",
                expected="an end within that time",
                look=f"finalizers of what is in them: `kubectl get --raw {path}/{names[0]}`",
            )


def _selector(owner: Owner) -> str:
    return f"{RELEASE_LABEL}={owner}"
