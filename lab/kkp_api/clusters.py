# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters (API v2; kkp.md 1.6): what is asked for is written down at once and made by the life cycle."""

from __future__ import annotations

import json

import yaml

from lab.kkp_api import access, health, words
from lab.kkp_api.calls import JSON, Call, Operation, Reply, part, texts
from lab.kkp_api.cluster_access import cluster, user_cluster
from lab.kkp_api.cluster_spec import (
    INITIAL_APPLICATIONS,
    INITIAL_MACHINES,
    PROVIDER,
    has_credentials,
    patched,
    public_spec,
    validated,
)
from lab.kkp_api.presets import preset_for
from lab.kkp_api.refusals import bad, exists, not_found, plain
from lab.kkp_api.services import Services
from lab.kkp_api.user_cluster import MACHINES
from lab.kkp_api.viewer import viewer_kubeconfig
from lab.kkp_api.work import WorkList

_ALL = "/api/v2/projects/{project_id}/clusters"
_ONE = f"{_ALL}/{{cluster_id}}"
BROKEN_SEED = "failed to list clusters for seeds: [broken]"


def shown(services: Services, one: JSON) -> JSON:
    """A cluster as replies have it."""
    endpoint = services.platform.endpoint(one["id"])
    return {
        **{
            key: one[key]
            for key in ("id", "name", "annotations", "labels", "creationTimestamp", "deletionTimestamp", "type")
            if one.get(key)
        },
        "spec": public_spec(one["spec"]),
        "status": {"version": one["running"], "url": endpoint, "externalCCMMigration": "Unsupported"},
    }


def _list(services: Services, call: Call) -> Reply:
    project = access.project(services, call, resource="clusters", verb="list")
    if call.seed_is_broken:
        return Reply({"clusters": [], "errorMessage": BROKEN_SEED})
    found = services.store.all("cluster", parent=project["id"])
    clusters = [shown(services, one) for one in found]
    if call.query.get("show_dm_count") == "true":
        for one in clusters:
            api = services.platform.user_cluster(one["id"])
            ready = api is not None and services.platform.controllers_serve(one["id"])
            one["machineDeploymentCount"] = len(api.items(f"{MACHINES}/machinedeployments")) if api and ready else 0
    return Reply({"clusters": clusters})


def _create(services: Services, call: Call) -> Reply:
    body = call.document()
    wanted = part(body, "cluster")
    datacenter = part(wanted, "spec", "cloud").get("dc")
    if not datacenter:
        raise bad("invalid cluster: the datacenter name is empty")
    if services.store.get("datacenter", str(datacenter)) is None:
        raise plain(f"can not find seed for datacenter {datacenter}")
    project = access.project(services, call, resource="clusters", verb="create")
    spec = validated(wanted, versions=services.platform.versions)
    key, annotations = words.object_id(), texts(wanted.get("annotations"))
    annotations[INITIAL_APPLICATIONS] = json.dumps(body.get("applications") or [])
    if wanted.get("credential"):
        preset = preset_for(services, call.caller, project["id"], str(wanted["credential"]))
        spec["cloud"][PROVIDER] = {**preset["spec"][PROVIDER], **spec["cloud"][PROVIDER]}
        annotations["presetName"] = preset["name"]
    elif not has_credentials(spec):
        raise bad("invalid credentials: a preset's name, or OpenStack credentials in spec.cloud.openstack, are expected")
    if body.get("nodeDeployment"):
        # A name is found now, so that a life cycle that is killed and goes on does not make two.
        named = {"name": f"{key}-worker-{words.suffix(6)}"} | {name: value for name, value in part(body, "nodeDeployment").items() if value}
        annotations[INITIAL_MACHINES] = json.dumps(named)
    one: JSON = {
        "id": key,
        "name": wanted["name"],
        "project": project["id"],
        "creationTimestamp": words.now(),
        "type": "kubernetes",
        "labels": texts(wanted.get("labels")),
        "annotations": annotations,
        "spec": spec,
        "running": "",
        "sshKeys": [],
    }
    with services.store.together():
        if any(other["name"] == one["name"] for other in services.store.all("cluster", parent=project["id"])):
            raise exists("cluster", one["name"])
        services.store.put("cluster", one["id"], one, parent=project["id"])
        WorkList(services.store).order(f"cluster/{one['id']}", "create")
    services.wake()
    return Reply(shown(services, one), status=201)


def _get(services: Services, call: Call) -> Reply:
    return Reply(shown(services, cluster(services, call)))


def _patch(services: Services, call: Call) -> Reply:
    cluster(services, call, verb="patch")
    try:
        patch = json.loads(call.body)
    except ValueError as exc:
        raise bad("cannot patch cluster: Invalid JSON Patch") from exc
    if not isinstance(patch, dict):
        raise bad("cannot patch cluster: Invalid JSON Patch")
    with services.store.together():
        one = cluster(services, call, verb="patch")
        changed = patched(one, patch, versions=services.platform.versions)
        others = [other for other in services.store.all("cluster", parent=one["project"]) if other["id"] != one["id"]]
        if any(other["name"] == changed["name"] for other in others):
            raise exists("cluster", changed["name"])
        services.store.put("cluster", one["id"], changed, parent=one["project"])
    return Reply(shown(services, changed))


def _delete(services: Services, call: Call) -> Reply:
    cluster(services, call, verb="delete")
    with services.store.together():
        one = cluster(services, call, verb="delete")
        if not one.get("deletionTimestamp"):
            services.store.put("cluster", one["id"], {**one, "deletionTimestamp": words.now()}, parent=one["project"])
            WorkList(services.store).order(f"cluster/{one['id']}", "delete")
    services.wake()
    return Reply()


def _health(services: Services, call: Call) -> Reply:
    return Reply(health.of(services, cluster(services, call)))


def _kubeconfig(services: Services, call: Call) -> Reply:
    one = cluster(services, call)
    text = services.platform.kubeconfig(one["id"])
    if text is None:
        raise not_found("secrets", "admin-kubeconfig")
    kind = "admin"
    if not call.caller.is_admin and access.role(services, call.caller, one["project"]) == access.VIEWERS:
        api = services.platform.user_cluster(one["id"])
        kind, text = "viewer", viewer_kubeconfig(api, text) if api else text
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-disposition": f"attachment; filename=kubeconfig-{kind}-{one['id']}",
        "Cache-Control": "no-cache",
    }
    return Reply(_renamed(text, one["id"]).encode(), headers=headers)


def _renamed(text: str, key: str) -> str:
    """The kubeconfig with one cluster and one context, both named after the cluster's id."""
    found = yaml.safe_load(text)
    (entry,), (user,) = found["clusters"], found["users"]
    entry["name"] = key
    found["contexts"] = [{"name": key, "context": {"cluster": key, "user": user["name"]}}]
    found["current-context"] = key
    return yaml.safe_dump(found, sort_keys=False)


def _events(services: Services, call: Call) -> Reply:
    one = cluster(services, call)
    kind = call.query.get("type")
    if kind not in (None, "", "warning", "normal"):
        raise plain(f"wrong query parameter, unsupported type: {kind}")
    found = services.store.all("event", parent=one["id"])
    return Reply([event for event in found if not kind or event["type"].lower() == kind])


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def _upgrades(services: Services, call: Call) -> Reply:
    one = cluster(services, call)
    current = _number(one["spec"]["version"])
    newer = [version for version in services.platform.versions if current < _number(version) <= (current[0], current[1] + 1, 9999)]
    return Reply([{"version": version} for version in newer])


def _upgrade_nodes(services: Services, call: Call) -> Reply:
    one, api = user_cluster(services, call, verb="update")
    wanted = str(call.document().get("version") or "")
    if wanted not in services.platform.versions or _number(wanted) > _number(one["spec"]["version"]):
        raise bad(f"kubelet version {wanted} is not compatible with control plane version {one['spec']['version']}")
    for found in api.items(f"{MACHINES}/machinedeployments"):
        patch = {"spec": {"template": {"spec": {"versions": {"kubelet": wanted}}}}}
        api.merge(f"{MACHINES}/machinedeployments/{found['metadata']['name']}", patch)
    return Reply()


OPERATIONS = (
    Operation("GET", _ALL, _list),
    Operation("POST", _ALL, _create),
    Operation("GET", _ONE, _get),
    Operation("PATCH", _ONE, _patch),
    Operation("DELETE", _ONE, _delete),
    Operation("GET", f"{_ONE}/health", _health),
    Operation("GET", f"{_ONE}/kubeconfig", _kubeconfig),
    Operation("GET", f"{_ONE}/events", _events),
    Operation("GET", f"{_ONE}/upgrades", _upgrades),
    Operation("PUT", f"{_ONE}/nodes/upgrades", _upgrade_nodes),
)
