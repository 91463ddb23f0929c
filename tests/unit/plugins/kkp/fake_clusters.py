# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters and their machine deployments, as KKP serves them. One step of life with every look."""

from __future__ import annotations

from typing import Any

from tests.unit.plugins.kkp.fake_kkp import Handler, RefusedError, Request
from tests.unit.plugins.kkp.fake_projects import TIME, VERSIONS, State, fresh, of, patched, project_of

JSON = Any

_ORDER = (
    "cloudProviderInfrastructure", "etcd", "apiserver", "controller", "scheduler", "userClusterControllerManager", "machineController",
    "operatingSystemManager", "applicationController",
)  # fmt: skip
_PUBLIC = {
    "floatingIPPool",
    "project",
    "projectID",
    "domain",
    "network",
    "securityGroups",
    "routerID",
    "subnetID",
    "nodePortsAllowedIPRanges",
}

BASE = "/api/v2/projects/{project}/clusters"
ONE = f"{BASE}/{{cluster}}"


def shown(cluster: JSON) -> JSON:
    """What KKP echoes: no credential, no write-only field."""
    cloud = cluster["spec"]["cloud"]
    provider = cloud["providerName"]
    public = {key: value for key, value in cloud[provider].items() if key in _PUBLIC}
    body = {key: value for key, value in cluster.items() if key not in {"credential", "looks"}}
    return {**body, "spec": {**cluster["spec"], "cloud": {**cloud, provider: public}}}


def cluster_of(state: State, project: str, cluster: str) -> JSON:
    project_of(state, project)
    found = of(state, "clusters").get(cluster)
    if found is not None and "deletionTimestamp" in found:
        found["looks"] += 1
        if found["looks"] > 3:
            del state["clusters"][cluster]
            found = None
    if found is None:
        raise RefusedError(404, f'cluster-provider "{cluster}" not found')
    return found


def list_clusters(state: State, _: Request, project: str) -> tuple[int, JSON]:
    project_of(state, project)
    body: dict[str, JSON] = {"clusters": [shown(cluster) for cluster in of(state, "clusters").values()]}
    if state.get("broken_seed"):
        body = {"clusters": body["clusters"] if state.get("partial") else [], "errorMessage": state["broken_seed"]}
    return 200, body


def create_cluster(state: State, request: Request, project: str) -> tuple[int, JSON]:
    project_of(state, project)
    wanted = request.body["cluster"]
    if wanted["spec"]["cloud"]["dc"] not in {"os-fra", "fake-dc"}:
        raise RefusedError(500, f"can not find seed for datacenter {wanted['spec']['cloud']['dc']}")
    if wanted["spec"]["version"] not in VERSIONS:
        raise RefusedError(400, f"invalid cluster: invalid cloud spec: unsupported version {wanted['spec']['version']}")
    if any(cluster["name"] == wanted["name"] for cluster in of(state, "clusters").values()):
        raise RefusedError(409, f'cluster "{wanted["name"]}" already exists')
    key = fresh(state, "c")
    spec = {"oidc": {}, "enableUserSSHKeyAgent": True, "containerRuntime": "containerd", "exposeStrategy": "NodePort", **wanted["spec"]}
    spec["clusterNetwork"] = {
        "ipFamily": "IPv4",
        "pods": {"cidrBlocks": ["172.25.0.0/16"]},
        "proxyMode": "ipvs",
        **spec.get("clusterNetwork", {}),
    }
    body = {
        **wanted, "id": key, "creationTimestamp": TIME, "spec": spec, "looks": 0,
        "annotations": {**wanted.get("annotations", {}), "kubermatic.io/initial-application-installations-request": "[]"},
        "status": {"version": "", "url": "", "externalCCMMigration": "Unsupported"},
    }  # fmt: skip
    of(state, "clusters")[key] = body
    return 201, shown(body)


def get_cluster(state: State, _: Request, project: str, cluster: str) -> tuple[int, JSON]:
    return 200, shown(cluster_of(state, project, cluster))


def patch_cluster(state: State, request: Request, project: str, cluster: str) -> tuple[int, JSON]:
    found = patched(cluster_of(state, project, cluster), request.body)
    found["looks"] = 0 if "version" in request.body.get("spec", {}) else found["looks"]
    of(state, "clusters")[cluster] = found
    return 200, shown(found)


def delete_cluster(state: State, _: Request, project: str, cluster: str) -> tuple[int, JSON]:
    found = cluster_of(state, project, cluster)
    found.update(deletionTimestamp=TIME, looks=0)
    return 200, {}


def health(state: State, _: Request, project: str, cluster: str) -> tuple[int, JSON]:
    found = cluster_of(state, project, cluster)
    found["looks"] += 3
    up = 0 if state.get("stuck") else found["looks"]
    if up >= len(_ORDER):
        found["status"].update(version=found["spec"]["version"], url=f"https://{cluster}.example.com:6443")
    return 200, {
        name: "HealthStatusUp" if place < up else ("HealthStatusProvisioning" if place == up else "HealthStatusDown")
        for place, name in enumerate(_ORDER)
    }


def healthy(state: State, project: str, cluster: str) -> JSON:
    found = cluster_of(state, project, cluster)
    if found["looks"] < len(_ORDER):
        raise RefusedError(503, "Cluster components are not ready yet")
    return found


def kubeconfig(state: State, _: Request, project: str, cluster: str) -> tuple[int, JSON]:
    found = cluster_of(state, project, cluster)
    found["looks"] += 2
    if found["looks"] < 5:
        raise RefusedError(404, 'secrets "admin-kubeconfig" not found')
    return 200, f"apiVersion: v1\nkind: Config\nclusters: []\nusers:\n- name: default\n  user:\n    token: secret-of-{cluster}\n".encode()


def upgrades(state: State, _: Request, project: str, cluster: str) -> tuple[int, JSON]:
    cluster_of(state, project, cluster)
    return 200, [
        {"version": version, "restrictedByKubeletVersion": version == state.get("held")} for version in VERSIONS if version > "1.34"
    ]


def events(_: State, request: Request, **_parts: str) -> tuple[int, JSON]:
    kind = request.query.get("type", "")
    if kind not in {"", "warning", "normal"}:
        raise RefusedError(500, f"wrong query parameter, unsupported type: {kind}")
    body = {"name": "", "message": "no image for etcd", "type": "Warning", "count": 3, "lastTimestamp": TIME, "creationTimestamp": TIME}
    return 200, [{**body, "involvedObject": {"type": "Pod", "namespace": "cluster-x", "name": "etcd-0"}}]


def metrics(_: State, _request: Request, **_parts: str) -> tuple[int, JSON]:
    raise RefusedError(404, "no nodes found")


def upgrade_nodes(state: State, request: Request, project: str, cluster: str) -> tuple[int, JSON]:
    healthy(state, project, cluster)
    for deployment in of(state, f"machines-{cluster}").values():
        deployment["spec"]["template"]["versions"]["kubelet"] = request.body["version"]
    return 200, {}


def assigned(state: State, _: Request, project: str, cluster: str) -> tuple[int, JSON]:
    cluster_of(state, project, cluster)
    return 200, list(of(state, f"assigned-{cluster}").values())


def assign(state: State, _: Request, project: str, cluster: str, key: str) -> tuple[int, JSON]:
    cluster_of(state, project, cluster)
    of(state, f"assigned-{cluster}")[key] = of(state, "keys")[key]
    return 201, of(state, "keys")[key]


def live(deployment: JSON) -> JSON:
    """One step: the status follows the specification two looks later."""
    deployment["looks"] += 1
    wanted = deployment["spec"]["replicas"]
    if deployment["looks"] > 2:
        counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), wanted) if wanted else {}
        deployment["status"] = {**counts, "observedGeneration": deployment["generation"]}
    return {key: value for key, value in deployment.items() if key not in {"looks", "generation"}}


def list_deployments(state: State, _: Request, project: str, cluster: str) -> tuple[int, JSON]:
    healthy(state, project, cluster)
    return 200, [live(deployment) for deployment in of(state, f"machines-{cluster}").values()]


def create_deployment(state: State, request: Request, project: str, cluster: str) -> tuple[int, JSON]:
    found = healthy(state, project, cluster)
    name = request.body["name"]
    if name in of(state, f"machines-{cluster}"):
        raise RefusedError(500, f'failed to create machine deployment: machinedeployments.cluster.k8s.io "{name}" already exists')
    checked(request.body)
    body = {**request.body, "id": name, "creationTimestamp": TIME, "status": {}, "looks": 0, "generation": 1}
    body["spec"]["template"].setdefault("versions", {}).setdefault("kubelet", found["spec"]["version"])
    of(state, f"machines-{cluster}")[name] = body
    return 201, live(body)


def checked(body: JSON) -> None:
    for taint in body["spec"]["template"].get("taints", []):
        if not taint.get("value"):
            raise RefusedError(400, "node deployment validation failed: taint value must be set")
    least, most = body["spec"].get("minReplicas"), body["spec"].get("maxReplicas")
    replicas = body["spec"]["replicas"]
    if least is not None and replicas < least:
        raise RefusedError(400, f"replica count ({replicas}) cannot be lower then autoscaler minreplicas ({least})")
    if most is not None and replicas > most:
        raise RefusedError(400, f"replica count ({replicas}) cannot be higher then autoscaler maxreplicas ({most})")


def deployment_of(state: State, project: str, cluster: str, name: str) -> JSON:
    healthy(state, project, cluster)
    found = of(state, f"machines-{cluster}").get(name)
    if found is not None and "deletionTimestamp" in found and found["looks"] > 2:
        del state[f"machines-{cluster}"][name]
        found = None
    if found is None:
        raise RefusedError(404, f'machinedeployments.cluster.k8s.io "{name}" not found')
    return found


def get_deployment(state: State, _: Request, project: str, cluster: str, name: str) -> tuple[int, JSON]:
    return 200, live(deployment_of(state, project, cluster, name))


def patch_deployment(state: State, request: Request, project: str, cluster: str, name: str) -> tuple[int, JSON]:
    found = patched(deployment_of(state, project, cluster, name), request.body)
    checked(found)
    if set(request.body.get("spec", {})) - {"minReplicas", "maxReplicas"}:
        found.update(looks=0, generation=found["generation"] + 1)
    of(state, f"machines-{cluster}")[name] = found
    return 200, live(found)


def restart_deployment(state: State, _: Request, project: str, cluster: str, name: str) -> tuple[int, JSON]:
    found = deployment_of(state, project, cluster, name)
    found.update(looks=0, generation=found["generation"] + 1)
    return 200, live(found)


def delete_deployment(state: State, _: Request, project: str, cluster: str, name: str) -> tuple[int, JSON]:
    deployment_of(state, project, cluster, name).update(deletionTimestamp=TIME, looks=0)
    return 200, {}


def nodes(state: State, _: Request, project: str, cluster: str, name: str) -> tuple[int, JSON]:
    found = deployment_of(state, project, cluster, name)
    status: dict[str, JSON] = {
        "machineName": f"{name}-x1", "capacity": {"cpu": "16", "memory": "128Gi"}, "allocatable": {"cpu": "15", "memory": "120Gi"},
        "addresses": [{"type": "InternalIP", "address": "192.168.1.12"}], "nodeInfo": {"kubeletVersion": "v1.34.9"},
    }  # fmt: skip
    if state.get("broken_machine"):
        status |= {"errorReason": "InsufficientResources", "errorMessage": state["broken_machine"]}
    template = {key: found["spec"]["template"][key] for key in ("cloud", "operatingSystem", "versions")}
    spec = {**template, "labels": {"nvidia.com/gpu.product": "NVIDIA-A100"}, "sshUserName": "ubuntu"}
    shown = [{"id": f"{name}-x1", "name": f"{name}-x1", "creationTimestamp": TIME, "spec": spec, "status": status}]
    if state.get("leaving", 0) > 0:
        state["leaving"] -= 1
        shown.append({**shown[0], "id": f"{name}-x2", "name": f"{name}-x2", "deletionTimestamp": TIME})
    return 200, shown


ROUTES: dict[tuple[str, str], Handler] = {
    ("GET", BASE): list_clusters,
    ("POST", BASE): create_cluster,
    ("GET", ONE): get_cluster,
    ("PATCH", ONE): patch_cluster,
    ("DELETE", ONE): delete_cluster,
    ("GET", f"{ONE}/health"): health,
    ("GET", f"{ONE}/kubeconfig"): kubeconfig,
    ("GET", f"{ONE}/upgrades"): upgrades,
    ("GET", f"{ONE}/events"): events,
    ("GET", f"{ONE}/metrics"): metrics,
    ("PUT", f"{ONE}/nodes/upgrades"): upgrade_nodes,
    ("GET", f"{ONE}/sshkeys"): assigned,
    ("PUT", f"{ONE}/sshkeys/{{key}}"): assign,
    ("GET", f"{ONE}/machinedeployments"): list_deployments,
    ("POST", f"{ONE}/machinedeployments"): create_deployment,
    ("GET", f"{ONE}/machinedeployments/{{name}}"): get_deployment,
    ("PATCH", f"{ONE}/machinedeployments/{{name}}"): patch_deployment,
    ("DELETE", f"{ONE}/machinedeployments/{{name}}"): delete_deployment,
    ("POST", f"{ONE}/machinedeployments/{{name}}/restart"): restart_deployment,
    ("GET", f"{ONE}/machinedeployments/{{name}}/nodes"): nodes,
    ("GET", f"{ONE}/machinedeployments/{{name}}/nodes/events"): events,
}
