# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster of a path, for callers who may see or change it."""

from __future__ import annotations

from lab.kkp_api import access, health
from lab.kkp_api.calls import JSON, Call
from lab.kkp_api.refusals import CLUSTER_NOT_READY, not_found
from lab.kkp_api.services import Services
from lab.kkp_api.user_cluster import UserCluster


def cluster(services: Services, call: Call, *, verb: str = "get") -> JSON:
    """The cluster as it is stored.

    Raises:
        RefusalError: 404 before anything else where no seed knows the id, as KKP looks for the seed first; then 403 or 503.
    """
    key = call.path["cluster_id"]
    found = services.store.get("cluster", key)
    if found is None:
        raise not_found("cluster-provider", key)
    project = access.project(services, call, resource="clusters", verb=verb)
    if found["project"] != project["id"]:
        raise not_found("clusters.kubermatic.k8c.io", key)
    return found


def user_cluster(services: Services, call: Call, *, verb: str = "get", applications: bool = False) -> tuple[JSON, UserCluster]:
    """The cluster and its own API.

    Args:
        applications: the application controller is needed too.

    Raises:
        RefusalError: as ``cluster``, and 503 while the cluster's components are not all up.
    """
    found = cluster(services, call, verb=verb)
    api = services.platform.user_cluster(found["id"])
    state = health.of(services, found)
    if api is None or not health.is_ready(state) or (applications and state["applicationController"] != health.UP):
        raise CLUSTER_NOT_READY
    return found, api
