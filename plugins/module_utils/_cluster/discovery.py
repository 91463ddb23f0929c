# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API server serves. Source: Kubernetes API concepts, "Discovery API"."""

from __future__ import annotations

from .client import Cluster, Reply


def group(cluster: Cluster, name: str) -> Reply:
    """The versions of an API group: an APIGroup, or 404.

    Args:
        cluster: the API server.
        name: ``resource.k8s.io``.

    Raises:
        UnreachableError: no answer.
    """
    return cluster.call("get", f"/apis/{name}")


def resources(cluster: Cluster, name: str, version: str) -> Reply:
    """The resources of a group's version: an APIResourceList, or 404.

    Raises:
        UnreachableError: no answer.
    """
    return cluster.call("get", f"/apis/{name}/{version}")
