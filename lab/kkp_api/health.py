# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a cluster's real components are, in KKP's words (kkp.md 1.6)."""

from __future__ import annotations

from collections.abc import Mapping

from lab.kkp_api.calls import JSON, part
from lab.kkp_api.refusals import RefusalError
from lab.kkp_api.services import Services
from lab.kkp_api.user_cluster import UserCluster
from lab.kkp_api.work import WorkList

UP, DOWN, PROVISIONING = "HealthStatusUp", "HealthStatusDown", "HealthStatusProvisioning"
_NEEDED = (
    "etcd",
    "controller",
    "apiserver",
    "scheduler",
    "machineController",
    "cloudProviderInfrastructure",
    "userClusterControllerManager",
)
_ALWAYS = (*_NEEDED, "applicationController")
_APPLICATIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/applicationinstallations.apps.kubermatic.k8c.io"
# What the lab has no component for: down where a cluster asks for it.
_OPTIONAL = {"monitoring": "monitoringEnabled", "logging": "loggingEnabled"}


def of(services: Services, cluster: JSON) -> dict[str, str]:
    """Component → status, each asked now."""
    platform, key = services.platform, cluster["id"]
    job = WorkList(services.store).of(f"cluster/{key}")
    # What never was up is being made; what was up and does not answer is down.
    absent = PROVISIONING if job is not None and job.step == "create" and platform.infrastructure_serves(key) else DOWN
    api = platform.user_cluster(key)
    found = dict.fromkeys(_ALWAYS, absent)
    found["cloudProviderInfrastructure"] = UP if platform.infrastructure_serves(key) else DOWN
    if api is not None and api.answers():
        found["apiserver"] = UP
        found["etcd"] = UP if api.answers("/readyz/etcd") else absent
        found |= _static_pods(api, absent)
        served = platform.controllers_serve(key)
        found["machineController"] = UP if served else PROVISIONING
        # The API itself does here what the user cluster's controller manager does in KKP: it is up once it has served this cluster.
        found["userClusterControllerManager"] = UP if served else PROVISIONING
        found["applicationController"] = UP if served and _established(api) else PROVISIONING
    wanted = part(cluster, "spec", "mla")
    return found | {name: DOWN for name, switch in _OPTIONAL.items() if wanted.get(switch)}


def is_ready(found: Mapping[str, str]) -> bool:
    """What KKP calls all healthy: machines can be ordered."""
    return all(found[name] == UP for name in _NEEDED)


def _static_pods(api: UserCluster, absent: str) -> dict[str, str]:
    try:
        pods = api.items("/api/v1/namespaces/kube-system/pods", selector="tier=control-plane")
    except RefusalError:
        return {}
    ready = {pod["metadata"]["labels"]["component"] for pod in pods if _is_ready(pod)}
    components = {"scheduler": "kube-scheduler", "controller": "kube-controller-manager"}
    return {name: UP if component in ready else absent for name, component in components.items()}


def _is_ready(pod: JSON) -> bool:
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in pod["status"].get("conditions", []))


def _established(api: UserCluster) -> bool:
    try:
        return api.find(_APPLICATIONS) is not None
    except RefusalError:
        return False
