# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kubeconfig that may only look: what a project's viewers get."""

from __future__ import annotations

import yaml

from lab.kkp_api.calls import JSON
from lab.kkp_api.user_cluster import UserCluster

_NAME = "ailab-viewer"
_SECONDS = 24 * 3600


def viewer_kubeconfig(api: UserCluster, admin: str) -> str:
    """A kubeconfig of a service account that is bound to Kubernetes' own cluster role ``view``, for a day.

    Args:
        admin: the administrator's kubeconfig, for the server and its certificate.
    """
    account: JSON = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": _NAME, "namespace": "kube-system"}}
    binding: JSON = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": _NAME},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "ServiceAccount", "name": _NAME, "namespace": "kube-system"}],
    }
    place = f"/api/v1/namespaces/kube-system/serviceaccounts/{_NAME}"
    api.apply(place, account)
    api.apply(f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{_NAME}", binding)
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": _SECONDS}}
    token = api.create(f"{place}/token", request)["status"]["token"]
    found = yaml.safe_load(admin)
    found["users"] = [{"name": _NAME, "user": {"token": token}}]
    return yaml.safe_dump(found, sort_keys=False)
