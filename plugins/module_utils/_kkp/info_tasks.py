# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks that only read: datacenters, versions, clusters, machine deployments."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from .client import segment
from .clusters import Cluster, Clusters
from .errors import KkpApiError
from .machine_deployments import MachineDeployment, MachineDeployments
from .projects import Projects, by_id_or_name
from .scope import cluster_or_none, project_or_none
from .task import CLUSTER_SPEC, PROJECT_SPEC, Call, Outcome, Task
from .versions import SUPPORTED_KKP, Versions, ascending, highest, parsed

JSON = Any


def _datacenters(call: Call) -> Outcome:
    name, provider, seed = (call.text(option) for option in ("name", "provider", "seed"))
    path = f"/api/v1/providers/{segment(provider)}/dc" if provider else "/api/v1/dc"
    found = [
        {"name": body["metadata"]["name"], "provider": body["spec"].get("provider") or provider, "seed": body["spec"].get("seed") or ""}
        | {"country": body["spec"].get("country") or "", "location": body["spec"].get("location") or "", "spec": body["spec"]}
        for body in call.api.get(path) or []
    ]
    fitting = [item for item in found if (not name or item["name"] == name) and (not seed or item["seed"] == seed)]
    return Outcome(values={"datacenters": fitting})


def _versions(call: Call) -> Outcome:
    versions = Versions(call.api)
    kkp, offered = versions.kkp(), versions.offered(provider=call.text("provider"))
    names = [str(item["version"]) for item in offered]
    wanted = call.text("kubernetes_version")
    chosen = highest(names, wanted, where="this KKP offers") if wanted else ""
    # A build between two releases has a version that is no number: then there is nothing to compare.
    supported = not kkp.startswith("v") or "-" in kkp or parsed(kkp)[0][:2] >= SUPPORTED_KKP
    warnings = [] if supported else [f"this KKP is {kkp}; the client was made for {'.'.join(map(str, SUPPORTED_KKP))} and later."]
    values = {
        "kkp_version": kkp,
        "versions": [name.removeprefix("v") for name in ascending(names)],
        "default_version": next((str(item["version"]).removeprefix("v") for item in offered if item.get("default")), ""),
        "version": chosen,
        "kubelet_versions": versions.kubelets(control_plane=chosen) if chosen else [],
    }
    return Outcome(values=values, warnings=warnings)


def _clusters(call: Call) -> Outcome:
    project = project_or_none(call, Projects(call.api))
    if project is None:
        return Outcome(values={"clusters": [], "complete": True})
    clusters = Clusters(call.api, project_id=project.id)
    listing = clusters.all()
    chosen = listing.clusters
    if call.text("name"):
        one = by_id_or_name(chosen, call.text("name"), what="cluster")
        chosen = [one] if one else []
    warnings = [f"KKP calls the list of clusters incomplete: {listing.error}"] if listing.error else []
    values = {"clusters": [_gathered(call, clusters, item) for item in chosen], "complete": not listing.error}
    return Outcome(values=values, warnings=warnings)


def _gathered(call: Call, clusters: Clusters, cluster: Cluster) -> dict[str, JSON]:
    gather, result = call.options["gather"], cluster.as_result()
    if "health" in gather:
        health = clusters.health(cluster)
        result |= {"health": health.states, "ready": health.ready}
    if "events" in gather:
        result["events"] = clusters.events(cluster)
    if "upgrades" in gather:
        result["upgrades"] = ascending(str(item["version"]) for item in clusters.upgrades(cluster))
    if "metrics" in gather:
        result["metrics"] = _metrics(call, clusters, cluster)
    return result


def _metrics(call: Call, clusters: Clusters, cluster: Cluster) -> dict[str, JSON]:
    """Figures of control plane and nodes; empty where KKP has none, as while there is no node. It calls bytes what are mebibytes."""
    try:
        body = call.api.get(f"{clusters.path(cluster.id)}/metrics") or {}
    except KkpApiError as problem:
        if problem.status == HTTPStatus.NOT_FOUND:
            return {}
        raise
    return {
        part: {key.replace("Bytes", "MiB"): value for key, value in (body.get(source) or {}).items()}
        for part, source in (("control_plane", "controlPlane"), ("nodes", "nodes"))
    }


def _machine_deployments(call: Call) -> Outcome:
    place = cluster_or_none(call)
    if place is None:
        return Outcome(values={"machine_deployments": []})
    clusters, cluster = place
    deployments = MachineDeployments(call.api, cluster_path=clusters.path(cluster.id), cluster=cluster.name)
    found = deployments.all()
    if call.text("name"):
        found = [item for item in found if item.name == call.text("name")]
    return Outcome(values={"machine_deployments": [_with_nodes(call, deployments, item) for item in found]})


def _with_nodes(call: Call, deployments: MachineDeployments, deployment: MachineDeployment) -> dict[str, JSON]:
    nodes = deployments.nodes(deployment) if call.options["nodes"] else []
    return deployment.as_result() | {"lacking": deployment.lacking(), "nodes": [_node(node) for node in nodes]}


def _node(body: dict[str, JSON]) -> dict[str, JSON]:
    status = body.get("status") or {}
    info = status.get("nodeInfo") or {}
    return {
        "machine": status.get("machineName") or body.get("id") or "",
        "name": body.get("name") or "",
        "kubelet_version": str(info.get("kubeletVersion") or "").removeprefix("v"),
        "labels": (body.get("spec") or {}).get("labels") or {},
        "capacity": status.get("capacity") or {},
        "addresses": [item.get("address") for item in status.get("addresses") or []],
        "error_reason": status.get("errorReason") or "",
        "error_message": status.get("errorMessage") or "",
    }


DATACENTER_INFO = Task(work=_datacenters, options={"name": {"type": "str"}, "provider": {"type": "str"}, "seed": {"type": "str"}})
VERSION_INFO = Task(work=_versions, options={"kubernetes_version": {"type": "str"}, "provider": {"type": "str"}})
CLUSTER_INFO = Task(
    work=_clusters,
    options={
        **PROJECT_SPEC,
        "name": {"type": "str"},
        "gather": {"type": "list", "elements": "str", "choices": ["health", "events", "upgrades", "metrics"], "default": ["health"]},
    },
)
MACHINE_DEPLOYMENT_INFO = Task(
    work=_machine_deployments, options={**CLUSTER_SPEC, "name": {"type": "str"}, "nodes": {"type": "bool", "default": True}}
)
