# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rights that a verification needs, asked for before anything is made.

Source: API reference SelfSubjectAccessReview.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import successful
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError

from . import kinds

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster

    from .kinds import Kind

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_THREADS = 8


class MissingRightsError(ConformanceError):
    """The credentials lack rights that the run needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """A verb on a resource.

    Attributes:
        verb: ``create``.
        kind: of object.
        subresource: ``exec``; empty for the object itself.
        inside: whether it is needed in the run's namespace only.
    """

    verb: str
    kind: Kind
    subresource: str = ""
    inside: bool = False

    def __str__(self) -> str:
        group = self.kind.api.partition("/")[0] if "/" in self.kind.api else ""
        resource = f"{self.kind.plural}{f'/{self.subresource}' if self.subresource else ''}{f'.{group}' if group else ''}"
        return f"{self.verb} {resource}"


def reading() -> Iterator[Right]:
    """What looking needs."""
    for kind in (kinds.NODE, kinds.DAEMON_SET, kinds.POD, kinds.RESOURCE_SLICE, kinds.RESOURCE_CLAIM):
        yield Right(verb="list", kind=kind)
    yield Right(verb="get", kind=kinds.DEVICE_CLASS)


def probing() -> Iterator[Right]:
    """What making probes, watching them and removing them needs."""
    yield from reading()
    for verb in ("create", "get", "list", "watch", "delete"):
        for kind in kinds.CREATED:
            yield Right(verb=verb, kind=kind, inside=kind.namespaced)
    for verb in ("patch", "update"):
        for kind in (kinds.DEVICE_CLASS, kinds.RESOURCE_CLAIM, kinds.RESOURCE_CLAIM_TEMPLATE):
            yield Right(verb=verb, kind=kind, inside=kind.namespaced)
    for kind in (kinds.EVENT, kinds.SERVICE_ACCOUNT):
        yield Right(verb="list", kind=kind, inside=True)
        yield Right(verb="watch", kind=kind, inside=True)
    yield Right(verb="patch", kind=kinds.POD, inside=True)
    yield Right(verb="create", kind=kinds.POD, subresource="exec", inside=True)
    yield Right(verb="get", kind=kinds.RESOURCE_CLAIM, subresource="status", inside=True)
    yield Right(verb="create", kind=kinds.RESOURCE_SLICE)
    yield Right(verb="get", kind=kinds.NODE)


def require(cluster: Cluster, rights: Sequence[Right], *, namespace: str) -> None:
    """Asks the API server whether these credentials have all of some rights.

    Args:
        cluster: the API server.
        rights: what is needed.
        namespace: the run's; it does not have to exist.

    Raises:
        MissingRightsError: some are missing; all of them are named.
        ApiError: the server refuses to say.
        UnreachableError: no answer.
    """
    with concurrent.futures.ThreadPoolExecutor(max_workers=_THREADS) as pool:
        allowed = list(pool.map(lambda right: _is_allowed(cluster, right, namespace=namespace), rights))
    missing = [str(right) for right, granted in zip(rights, allowed, strict=True) if not granted]
    if missing:
        raise MissingRightsError(
            what=f"asking {cluster.server} for rights, before anything is made",
            found=f"{len(missing)} of {len(rights)} missing: {', '.join(missing)}",
            expected="all of them",
            look="the roles bound to the user of the kubeconfig's context",
        )


def _is_allowed(cluster: Cluster, right: Right, *, namespace: str) -> bool:
    attributes = {
        "verb": right.verb,
        "group": right.kind.api.partition("/")[0] if "/" in right.kind.api else "",
        "resource": right.kind.plural,
        "subresource": right.subresource,
        "namespace": namespace if right.inside else "",
    }
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}}
    return successful(cluster.call("create", _REVIEWS, body=review)).body["status"].get("allowed") is True
