# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Emptying a node before it is taken away, as ``kubectl drain`` does: cordoned, then evicted, so that disruption budgets are heard."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterable

from lab.machines.kube import JSON, Kube, KubeError
from lab.machines.names import NODES, PODS

_POLL_SECONDS = 0.2
_MIRROR = "kubernetes.io/config.mirror"


def to_evict(pods: Iterable[JSON]) -> list[JSON]:
    """The pods that can live elsewhere: not those that belong to the node (daemon sets', static ones), nor those that have ended."""
    return [pod for pod in pods if not belongs_to_node(pod) and (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")]


def belongs_to_node(pod: JSON) -> bool:
    """Whether a pod exists because its node does."""
    meta = pod["metadata"]
    return _MIRROR in (meta.get("annotations") or {}) or any(
        owner["kind"] in ("DaemonSet", "Node") for owner in meta.get("ownerReferences", ())
    )


def drain(kube: Kube, node: str, *, seconds: float, wait: Callable[[float], bool]) -> None:
    """Cordon a node and move its pods away; what is left at the deadline goes with the node.

    Args:
        wait: waits some seconds; true says that the controller ends, and the next one begins anew.

    Raises:
        KubeError: the API server is not there.
    """
    try:
        kube.patch(NODES.path(node), {"spec": {"unschedulable": True}})
    except KubeError as error:
        if error.gone:
            return
        raise
    deadline = time.monotonic() + seconds
    while left := to_evict(kube.list(PODS.path(), fieldSelector=f"spec.nodeName={node}")):
        for pod in left:
            if "deletionTimestamp" not in pod["metadata"]:
                _evict(kube, pod)
        if time.monotonic() > deadline or wait(_POLL_SECONDS):
            return


def _evict(kube: Kube, pod: JSON) -> None:
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": namespace}}
    try:
        kube.create(PODS.path(name, namespace=namespace, sub="eviction"), body)
    except KubeError as error:
        # A disruption budget says: not now (429).
        if not error.gone and not error.stale and error.status != http.client.TOO_MANY_REQUESTS:
            raise
