# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rights that a verification needs, asked for before anything is made.

Source: API reference SelfSubjectAccessReview.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import successful
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster

    from .needs import Right

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_THREADS = 8


class MissingRightsError(ConformanceError):
    """The credentials lack rights that the run needs."""


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
        "group": right.kind.group,
        "resource": right.kind.plural,
        "subresource": right.subresource,
        "namespace": namespace if right.inside else "",
    }
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}}
    return successful(cluster.call("create", _REVIEWS, body=review)).body["status"].get("allowed") is True
