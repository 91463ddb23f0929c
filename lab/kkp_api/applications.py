# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Application definitions, and installations as real objects of the user cluster (kkp.md 1.8)."""

from __future__ import annotations

from typing import Any

import yaml

from lab.kkp_api import access, words
from lab.kkp_api.calls import JSON, Call, Operation, Reply, merged, part, texts
from lab.kkp_api.cluster_access import user_cluster
from lab.kkp_api.refusals import RefusalError, bad, exists, not_found
from lab.kkp_api.services import Services
from lab.kkp_api.user_cluster import UserCluster
from lab.kkp_api.work import WorkList

_DEFINITIONS = "/api/v2/applicationdefinitions"
_DEFINITION = f"{_DEFINITIONS}/{{appdef_name}}"
_ALL = "/api/v2/projects/{project_id}/clusters/{cluster_id}/applicationinstallations"
_ONE = f"{_ALL}/{{namespace}}/{{appinstall_name}}"
_GROUP, _PLURAL = "apps.kubermatic.k8c.io", "applicationinstallations"
_LISTED = ("displayName", "description", "default", "enforced", "defaultVersion", "selector", "documentationURL", "sourceURL")
_OPEN: JSON = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_CRD: JSON = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"{_PLURAL}.{_GROUP}"},
    "spec": {
        "group": _GROUP,
        "names": {
            "kind": "ApplicationInstallation",
            "plural": _PLURAL,
            "singular": "applicationinstallation",
            "shortNames": ["appinstall"],
        },
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": _OPEN, "status": _OPEN}}},
            }
        ],
    },
}


def install_definitions(api: UserCluster) -> None:
    """Make the kind ApplicationInstallation known to a user cluster."""
    api.apply(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{_CRD['metadata']['name']}", _CRD)


def create_installation(services: Services, api: UserCluster, cluster: JSON, body: JSON) -> JSON:
    """Make an ApplicationInstallation; its namespace is made first.

    Raises:
        RefusalError: what is asked for is incomplete, or the API server refused it.
    """
    spec = _spec(body)
    name = str(body.get("name") or f"{spec['applicationRef']['name']}-instance")
    namespace = str(body.get("namespace") or spec["namespace"]["name"])
    meta = {"name": name, "namespace": namespace, "labels": texts(body.get("labels")), "annotations": texts(body.get("annotations"))}
    api.apply(f"/api/v1/namespaces/{namespace}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    made = api.create(_place(namespace), {"apiVersion": f"{_GROUP}/v1", "kind": "ApplicationInstallation", "metadata": meta, "spec": spec})
    WorkList(services.store).order(f"application/{cluster['id']}/{namespace}/{name}", "install")
    services.wake()
    return made


def settle_installation(services: Services, api: UserCluster, namespace: str, name: str) -> None:
    """Say in an installation's status what became of it: this lab fetches no charts, and does not pretend to."""
    place = f"{_place(namespace)}/{name}"
    found = api.find(place)
    if found is None:
        return
    reference = found["spec"]["applicationRef"]
    definition = services.store.get("applicationdefinition", reference["name"])
    versions = [version.get("version") for version in (definition or {"spec": {}})["spec"].get("versions") or []]
    if definition is None:
        message = f'applicationdefinitions.{_GROUP} "{reference["name"]}" not found'
    elif reference.get("version") not in versions:
        message = f"application version {reference.get('version')} is not among {', '.join(map(str, versions)) or 'none'}"
    else:
        message = "this lab's KKP API keeps the object and installs no charts: install the chart with helm, or use a real KKP"
    moment = words.now()
    texts_of = {"status": "False", "message": message, "lastHeartbeatTime": moment, "lastTransitionTime": moment}
    conditions = {
        "ManifestsRetrieved": {**texts_of, "reason": "ManifestsRetrievalFailed"},
        "Ready": {**texts_of, "reason": "InstallationFailed"},
    }
    api.merge(f"{place}/status", {"status": {"method": "helm", "conditions": conditions}})


def _place(namespace: str) -> str:
    return f"/apis/{_GROUP}/v1/namespaces/{namespace}/{_PLURAL}"


def _spec(body: JSON) -> JSON:
    spec = dict(part(body, "spec"))
    if not part(spec, "applicationRef").get("name") or not part(spec, "applicationRef").get("version"):
        raise bad("spec.applicationRef.name and spec.applicationRef.version are required")
    if not part(spec, "namespace").get("name"):
        raise bad("spec.namespace.name is required")
    if values := spec.pop("values", None):
        if spec.get("valuesBlock"):
            raise bad("spec.values and spec.valuesBlock cannot both be set")
        spec["valuesBlock"] = yaml.safe_dump(values, sort_keys=False)
    return spec


def _shown(found: JSON) -> JSON:
    meta, status = found["metadata"], found.get("status") or {}
    conditions = [{"type": kind, **condition} for kind, condition in (status.get("conditions") or {}).items()]
    shown: JSON = {
        "id": meta["name"],
        "name": meta["name"],
        "namespace": meta["namespace"],
        "creationTimestamp": meta["creationTimestamp"],
        "labels": meta.get("labels") or {},
        "annotations": meta.get("annotations") or {},
        "spec": found["spec"],
        "status": {"method": status.get("method", ""), "conditions": conditions},
    }
    return {**shown, "deletionTimestamp": meta["deletionTimestamp"]} if meta.get("deletionTimestamp") else shown


def _item(found: JSON) -> JSON:
    shown = _shown(found)
    kept = {key: shown[key] for key in ("name", "namespace", "creationTimestamp", "labels", "annotations", "status")}
    return {**kept, "spec": {key: found["spec"][key] for key in ("applicationRef", "namespace") if key in found["spec"]}}


def _list(services: Services, call: Call) -> Reply:
    _, api = user_cluster(services, call, applications=True)
    return Reply([_item(found) for found in api.items(f"/apis/{_GROUP}/v1/{_PLURAL}")])


def _create(services: Services, call: Call) -> Reply:
    cluster, api = user_cluster(services, call, verb="create", applications=True)
    return Reply(_shown(create_installation(services, api, cluster, call.document())), status=201)


def _path(call: Call) -> str:
    return f"{_place(call.path['namespace'])}/{call.path['appinstall_name']}"


def _get(services: Services, call: Call) -> Reply:
    _, api = user_cluster(services, call, applications=True)
    return Reply(_shown(api.get(_path(call))))


def _update(services: Services, call: Call) -> Reply:
    cluster, api = user_cluster(services, call, verb="update", applications=True)
    found, body = api.get(_path(call)), call.document()
    for key in ("labels", "annotations"):
        if key in body:
            found["metadata"][key] = texts(body[key])
    changed = api.replace(_path(call), {**found, "spec": _spec(body)})
    WorkList(services.store).order(f"application/{cluster['id']}/{call.path['namespace']}/{call.path['appinstall_name']}", "install")
    services.wake()
    return Reply(_shown(changed))


def _delete(services: Services, call: Call) -> Reply:
    _, api = user_cluster(services, call, verb="delete", applications=True)
    found = api.get(_path(call))
    definition = services.store.get("applicationdefinition", found["spec"]["applicationRef"]["name"])
    if definition and definition["spec"].get("enforced"):
        name = found["metadata"]["name"]
        raise RefusalError(403, f'application "{name}" is enforced and cannot be deleted. Please contact your administrator.')
    api.delete(_path(call))
    return Reply()


def _definitions(services: Services, _call: Call) -> Reply:
    found = services.store.all("applicationdefinition")
    head = ("name", "labels", "annotations")
    return Reply(
        [{**{key: one[key] for key in head}, "spec": {key: one["spec"][key] for key in _LISTED if key in one["spec"]}} for one in found]
    )


def _definition(services: Services, call: Call) -> Reply:
    return Reply(_known(services, call))


def _known(services: Services, call: Call) -> JSON:
    found = services.store.get("applicationdefinition", call.path["appdef_name"])
    if found is None:
        raise not_found(f"applicationdefinitions.{_GROUP}", call.path["appdef_name"])
    return found


def _wanted(body: Any, *, known: JSON | None = None) -> JSON:
    """A definition as it is stored; the spec's key is read in any case, as Go does."""
    name, spec = str(body.get("name") or ""), body.get("spec") or body.get("Spec") or {}
    if not name or not isinstance(spec, dict):
        raise bad("name and spec of the application definition are required")
    if known and name != known["name"]:
        raise bad(f"the name of an application definition cannot be changed: {known['name']} to {name}")
    head = {"id": name, "name": name, "creationTimestamp": known["creationTimestamp"] if known else words.now()}
    return {**head, "labels": texts(body.get("labels")), "annotations": texts(body.get("annotations")), "spec": spec}


def _create_definition(services: Services, call: Call) -> Reply:
    access.admin(call)
    wanted = _wanted(call.document())
    if services.store.get("applicationdefinition", wanted["name"]):
        raise exists(f"applicationdefinitions.{_GROUP}", wanted["name"])
    services.store.put("applicationdefinition", wanted["name"], wanted)
    return Reply(wanted, status=201)


def _update_definition(services: Services, call: Call) -> Reply:
    access.admin(call)
    known = _known(services, call)
    wanted = _wanted({"name": known["name"], **call.document()}, known=known)
    services.store.put("applicationdefinition", wanted["name"], wanted)
    return Reply(wanted)


def _patch_definition(services: Services, call: Call) -> Reply:
    access.admin(call)
    known = _known(services, call)
    wanted = _wanted(merged(known, call.document()), known=known)
    services.store.put("applicationdefinition", wanted["name"], wanted)
    return Reply(wanted)


def _delete_definition(services: Services, call: Call) -> Reply:
    access.admin(call)
    services.store.delete("applicationdefinition", _known(services, call)["name"])
    return Reply()


OPERATIONS = (
    Operation("GET", _DEFINITIONS, _definitions),
    Operation("POST", _DEFINITIONS, _create_definition),
    Operation("GET", _DEFINITION, _definition),
    Operation("PUT", _DEFINITION, _update_definition),
    Operation("PATCH", _DEFINITION, _patch_definition),
    Operation("DELETE", _DEFINITION, _delete_definition),
    Operation("GET", _ALL, _list),
    Operation("POST", _ALL, _create),
    Operation("GET", _ONE, _get),
    Operation("PUT", _ONE, _update),
    Operation("DELETE", _ONE, _delete),
)
