# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machine deployments, their nodes and events (API v2; kkp.md 1.7): real objects of the user cluster."""

from __future__ import annotations

import json

from lab.kkp_api import words
from lab.kkp_api.calls import JSON, Call, Operation, Reply, merged
from lab.kkp_api.cluster_access import user_cluster
from lab.kkp_api.node_deployments import RESTART, check, machine_deployment, node_deployment, template_of
from lab.kkp_api.refusals import RefusalError, bad, not_found, plain
from lab.kkp_api.services import Services
from lab.kkp_api.user_cluster import MACHINES, UserCluster

_CLUSTER = "/api/v2/projects/{project_id}/clusters/{cluster_id}"
_ALL = f"{_CLUSTER}/machinedeployments"
_ONE = f"{_ALL}/{{machinedeployment_id}}"
_OBJECTS = f"{MACHINES}/machinedeployments"


def create_from(api: UserCluster, wanted: JSON, cluster: JSON, *, versions: tuple[str, ...]) -> JSON:
    """Make a machine deployment in the user cluster.

    Raises:
        RefusalError: a rule is broken, or the API server refused it: 500 whatever the reason, as in KKP.
    """
    check(wanted, cluster, versions=versions, full_stop=".")
    made = machine_deployment(wanted, cluster)
    try:
        return api.create(_OBJECTS, made)
    except RefusalError as refusal:
        if refusal.status == 503:
            raise
        raise plain(f"failed to create machine deployment: {refusal.message}") from refusal


def _list(services: Services, call: Call) -> Reply:
    _, api = user_cluster(services, call)
    return Reply([node_deployment(found) for found in api.items(_OBJECTS)])


def _create(services: Services, call: Call) -> Reply:
    cluster, api = user_cluster(services, call, verb="create")
    return Reply(node_deployment(create_from(api, call.document(), cluster, versions=services.platform.versions)), status=201)


def _found(services: Services, call: Call, *, verb: str = "get") -> tuple[JSON, UserCluster, JSON]:
    cluster, api = user_cluster(services, call, verb=verb)
    name = call.path["machinedeployment_id"]
    found = api.find(f"{_OBJECTS}/{name}")
    if found is None:
        raise not_found("machinedeployments.cluster.k8s.io", name)
    return cluster, api, found


def _get(services: Services, call: Call) -> Reply:
    return Reply(node_deployment(_found(services, call)[2]))


def _patched(found: JSON, patch: bytes) -> JSON:
    undecodable = bad(f"cannot decode patched nodedeployment: {patch.decode(errors='replace')}")
    try:
        wanted = merged(node_deployment(found), json.loads(patch))
    except ValueError as exc:
        raise undecodable from exc
    spec = wanted.get("spec") if isinstance(wanted, dict) else None
    if not isinstance(spec, dict):
        raise undecodable
    numbers = [spec[key] for key in ("replicas", "minReplicas", "maxReplicas") if spec.get(key) is not None]
    if not all(isinstance(number, int) and number >= 0 for number in numbers):
        raise undecodable
    return dict(wanted)


def _patch(services: Services, call: Call) -> Reply:
    cluster, api, found = _found(services, call, verb="patch")
    wanted = _patched(found, call.body)
    if wanted.get("name") != found["metadata"]["name"]:
        raise bad("the name of a machine deployment cannot be changed")
    check(wanted, cluster, versions=services.platform.versions)
    changed = machine_deployment(wanted, cluster, known=found)
    # What the NodeDeployment cannot say is the controllers': owner, strategy, finalizers.
    changed["metadata"] = {**found["metadata"], **changed["metadata"]}
    changed["spec"] = {**found["spec"], **changed["spec"]}
    return Reply(node_deployment(api.replace(f"{_OBJECTS}/{found['metadata']['name']}", changed)))


def _delete(services: Services, call: Call) -> Reply:
    _, api, found = _found(services, call, verb="delete")
    api.delete(f"{_OBJECTS}/{found['metadata']['name']}")
    return Reply()


def _restart(services: Services, call: Call) -> Reply:
    _, api, found = _found(services, call, verb="patch")
    mark = {"metadata": {"annotations": {RESTART: f"{words.now()}-{words.suffix(4)}"}}}
    return Reply(node_deployment(api.merge(f"{_OBJECTS}/{found['metadata']['name']}", {"spec": {"template": {"spec": mark}}})))


def _machines(api: UserCluster, found: JSON | None) -> list[JSON]:
    """The machines of a deployment, or all; those of other deployments do not carry its label."""
    labels = found["spec"]["selector"]["matchLabels"] if found else {}
    return api.items(f"{MACHINES}/machines", selector=",".join(f"{key}={value}" for key, value in labels.items()))


def _node(machine: JSON, node: JSON | None) -> JSON:
    """A machine and its node, as KKP shows them together."""
    status = machine.get("status") or {}
    found: JSON = {"machineName": machine["metadata"]["name"], "capacity": {}, "allocatable": {}}
    if node:
        info = node["status"]["nodeInfo"]
        runtime, _, version = info["containerRuntimeVersion"].partition("://")
        found |= {
            name: {key: node["status"].get(name, {}).get(key, "") for key in ("cpu", "memory")} for name in ("capacity", "allocatable")
        }
        found["addresses"] = node["status"].get("addresses", [])
        found["nodeInfo"] = {key: info[key] for key in ("kernelVersion", "kubeletVersion", "operatingSystem", "architecture")}
        found["nodeInfo"] |= {"containerRuntime": runtime, "containerRuntimeVersion": version}
    found |= {key: status[key] for key in ("errorReason", "errorMessage") if status.get(key)}
    labels = node["metadata"].get("labels", {}) if node else {}
    spec = {**template_of(machine["spec"]), "labels": {key: value for key, value in labels.items() if "nvidia.com" in key}}
    shown: JSON = {
        "id": machine["metadata"]["name"],
        "name": node["metadata"]["name"] if node else "",
        "creationTimestamp": machine["metadata"]["creationTimestamp"],
        "spec": spec,
        "status": found,
    }
    if machine["metadata"].get("deletionTimestamp"):
        shown["deletionTimestamp"] = machine["metadata"]["deletionTimestamp"]
    return shown


def _nodes(api: UserCluster, found: JSON | None) -> Reply:
    nodes = {node["metadata"]["name"]: node for node in api.items("/api/v1/nodes")}
    pairs = [(machine, ((machine.get("status") or {}).get("nodeRef") or {}).get("name")) for machine in _machines(api, found)]
    return Reply([_node(machine, nodes.get(name or "")) for machine, name in pairs])


def _nodes_of_one(services: Services, call: Call) -> Reply:
    _, api, found = _found(services, call)
    return _nodes(api, found)


def _nodes_of_cluster(services: Services, call: Call) -> Reply:
    _, api = user_cluster(services, call)
    return _nodes(api, None)


def _events(services: Services, call: Call) -> Reply:
    _, api, found = _found(services, call)
    kind = call.query.get("type")
    if kind not in (None, "", "warning", "normal"):
        raise plain(f"wrong query parameter, unsupported type: {kind}")
    machines = _machines(api, found)
    names = {("Machine", machine["metadata"]["name"]) for machine in machines}
    names |= {("Node", ((machine.get("status") or {}).get("nodeRef") or {}).get("name", "")) for machine in machines}
    events = [event for event in api.items("/api/v1/events") if _about(event) in names]
    return Reply([_event(event) for event in events if not kind or event.get("type", "").lower() == kind])


def _about(event: JSON) -> tuple[str, str]:
    return event["involvedObject"].get("kind", ""), event["involvedObject"].get("name", "")


def _event(event: JSON) -> JSON:
    kind, name = _about(event)
    return {
        "id": event["metadata"]["name"],
        "name": event["metadata"]["name"],
        "creationTimestamp": event["metadata"]["creationTimestamp"],
        "message": event.get("message", ""),
        "type": event.get("type", ""),
        "count": event.get("count") or 1,
        "lastTimestamp": event.get("lastTimestamp") or event["metadata"]["creationTimestamp"],
        "involvedObject": {"type": kind, "namespace": event["involvedObject"].get("namespace", ""), "name": name},
    }


def _delete_node(services: Services, call: Call) -> Reply:
    _, api = user_cluster(services, call, verb="delete")
    wanted = call.path["node_id"]
    for machine in api.items(f"{MACHINES}/machines"):
        node = ((machine.get("status") or {}).get("nodeRef") or {}).get("name")
        if wanted in (machine["metadata"]["name"], node):
            api.delete(f"{MACHINES}/machines/{machine['metadata']['name']}")
            return Reply()
    raise not_found("nodes", wanted)


OPERATIONS = (
    Operation("GET", _ALL, _list),
    Operation("POST", _ALL, _create),
    Operation("GET", _ONE, _get),
    Operation("PATCH", _ONE, _patch),
    Operation("DELETE", _ONE, _delete),
    Operation("POST", f"{_ONE}/restart", _restart),
    Operation("GET", f"{_ONE}/nodes", _nodes_of_one),
    Operation("GET", f"{_ONE}/nodes/events", _events),
    Operation("DELETE", f"{_ALL}/nodes/{{node_id}}", _delete_node),
    Operation("GET", f"{_CLUSTER}/nodes", _nodes_of_cluster),
)
