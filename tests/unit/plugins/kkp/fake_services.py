# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets, quotas, applications and monitoring, as KKP serves them."""

from __future__ import annotations

import base64
from typing import Any

import yaml

from tests.unit.plugins.kkp.fake_clusters import ONE, cluster_of
from tests.unit.plugins.kkp.fake_kkp import Handler, RefusedError, Request
from tests.unit.plugins.kkp.fake_projects import TIME, State, of, project_of

JSON = Any

_PUBLIC = ("floatingIPPool", "network", "securityGroups", "routerID", "subnetID")


def shown(preset: JSON) -> JSON:
    parts = [
        {"name": name, "enabled": True, "isCustomizable": False, name: {key: part[key] for key in _PUBLIC if key in part}}
        for name, part in preset["spec"].items()
        if isinstance(part, dict)
    ]
    return {"name": preset["name"], "enabled": preset.get("enabled", True), "providers": parts}


def list_presets(state: State, request: Request, provider: str, **_project: str) -> tuple[int, JSON]:
    assert request.query == {"disabled": "true"}
    return 200, {"items": [shown(preset) for preset in of(state, "presets").values() if provider in preset["spec"]]}


def create_preset(state: State, request: Request, provider: str) -> tuple[int, JSON]:
    assert provider in request.body["spec"]
    of(state, "presets")[request.body["name"]] = request.body
    return 200, shown(request.body)


def update_preset(state: State, request: Request, provider: str) -> tuple[int, JSON]:
    if provider not in of(state, "presets")[request.body["name"]]["spec"]:
        raise RefusedError(409, f"trying to update preset with missing provider configuration for: {provider}")
    return create_preset(state, request, provider)


def preset_status(state: State, request: Request, preset: str) -> tuple[int, JSON]:
    assert request.query["provider"]
    of(state, "presets")[preset]["enabled"] = request.body["enabled"]
    return 200, {}


def delete_preset(state: State, _: Request, preset: str, provider: str) -> tuple[int, JSON]:
    del of(state, "presets")[preset]["spec"][provider]
    return 200, {}


def quota(state: State, _: Request, project: str) -> tuple[int, JSON]:
    project_of(state, project)
    if "quota" not in state:
        raise RefusedError(404, f'resourcequotas.kubermatic.k8c.io "{project}" not found')
    return 200, {"quota": state["quota"], "status": {"globalUsage": {"cpu": 20}, "localUsage": {}}}


def calculation(state: State, request: Request, project: str) -> tuple[int, JSON]:
    project_of(state, project)
    cpu = request.body["replicas"] * request.body["openstackSize"]["vcpus"]
    over = "quota exceeded for cpu" if cpu > state["quota"]["cpu"] else ""
    return 200, {"calculatedQuota": {"cpu": cpu}, "resourceQuota": {"quota": state["quota"]}, **({"message": over} if over else {})}


def catalogue(state: State) -> JSON:
    """The application definitions, of which there is one from the start."""
    spec = {"displayName": "Kueue", "description": "Job queueing", "defaultVersion": "v0.13.4", "method": "helm"}
    source = {"helm": {"url": "https://charts.example.com", "chartName": "kueue", "chartVersion": "0.13.4"}}
    kueue = {"name": "kueue", "spec": {**spec, "versions": [{"version": "v0.13.4", "template": {"source": source}}]}}
    return state.setdefault("definitions", {"kueue": kueue})


def definitions(state: State, _request: Request) -> tuple[int, JSON]:
    unlisted = ("versions", "method")
    return 200, [
        {**body, "spec": {key: value for key, value in body["spec"].items() if key not in unlisted}} for body in catalogue(state).values()
    ]


def definition(state: State, _request: Request, name: str) -> tuple[int, JSON]:
    if name not in catalogue(state):
        raise RefusedError(404, f'applicationdefinitions.apps.kubermatic.k8c.io "{name}" not found')
    return 200, catalogue(state)[name]


def set_definition(state: State, request: Request, **_name: str) -> tuple[int, JSON]:
    body = {key: value for key, value in request.body.items() if key != "Spec"} | {"spec": request.body["Spec"]}
    catalogue(state)[body["name"]] = body
    return (201 if request.method == "POST" else 200), body


def remove_definition(state: State, _request: Request, name: str) -> tuple[int, JSON]:
    del catalogue(state)[name]
    return 200, {}


def install(state: State, request: Request, project: str, cluster: str) -> tuple[int, JSON]:
    cluster_of(state, project, cluster)
    body = {**request.body, "creationTimestamp": TIME, "status": {"method": "helm"}, "looks": 0}
    of(state, "applications")[(body["namespace"], body["name"])] = body
    return 201, one_step(state, body)


def one_step(state: State, body: JSON) -> JSON:
    body["looks"] += 1
    failed = state.get("helm_says")
    outcome = (
        {"status": "False", "reason": "InstallationFailed", "message": failed}
        if failed
        else {"status": "True", "reason": "InstallationSuccessful"}
    )
    conditions = [{"type": "Ready", **outcome}, {"type": "ManifestsRetrieved", "status": "True"}]
    status = {"method": "helm", **({"conditions": conditions} if body["looks"] > 2 else {})}
    return {**{key: value for key, value in body.items() if key != "looks"}, "status": status}


def application_of(state: State, namespace: str, name: str) -> JSON:
    found = of(state, "applications").get((namespace, name))
    if found is not None and "deletionTimestamp" in found and found["looks"] > 2:
        del state["applications"][(namespace, name)]
        found = None
    if found is None:
        raise RefusedError(404, f'applicationinstallations.apps.kubermatic.k8c.io "{name}" not found')
    return found


def application(state: State, _: Request, namespace: str, name: str, **_place: str) -> tuple[int, JSON]:
    return 200, one_step(state, application_of(state, namespace, name))


def replace_application(state: State, request: Request, namespace: str, name: str, **_place: str) -> tuple[int, JSON]:
    found = application_of(state, namespace, name)
    found.update(spec=request.body["spec"], looks=0)
    return 200, one_step(state, found)


def remove_application(state: State, _: Request, namespace: str, name: str, **_place: str) -> tuple[int, JSON]:
    if state.get("enforced"):
        raise RefusedError(403, f'application "{name}" is enforced and cannot be deleted. Please contact your administrator.')
    application_of(state, namespace, name).update(deletionTimestamp=TIME, looks=0)
    return 200, {}


def alertmanager(state: State, _: Request, **_place: str) -> tuple[int, JSON]:
    if "alertmanager" not in state:
        raise RefusedError(404, 'alertmanagers.kubermatic.k8c.io "alertmanager" not found')
    return 200, state["alertmanager"]


def set_alertmanager(state: State, request: Request, **_place: str) -> tuple[int, JSON]:
    state["alertmanager"] = request.body
    return 200, request.body


def list_rules(state: State, _: Request, **_place: str) -> tuple[int, JSON]:
    return 200, list(of(state, "rules").values())


def set_rules(state: State, request: Request, **_place: str) -> tuple[int, JSON]:
    name = yaml.safe_load(base64.b64decode(request.body["data"]))["name"]
    body = {**request.body, "name": name, "isDefault": False}
    of(state, "rules")[name] = body
    return (201 if request.method == "POST" else 200), body


def remove_rules(state: State, _: Request, group: str, **_place: str) -> tuple[int, JSON]:
    del of(state, "rules")[group]
    return 200, {}


def limits(state: State, _: Request, **_place: str) -> tuple[int, JSON]:
    if "limits" not in state:
        raise RefusedError(404, 'mlaadminsettings.kubermatic.k8c.io "mla-admin-setting" not found')
    return 200, state["limits"]


def set_limits(state: State, request: Request, **_place: str) -> tuple[int, JSON]:
    state["limits"] = request.body
    return (201 if request.method == "POST" else 200), request.body


APPLICATION = f"{ONE}/applicationinstallations/{{namespace}}/{{name}}"
ROUTES: dict[tuple[str, str], Handler] = {
    ("GET", "/api/v2/providers/{provider}/presets"): list_presets,
    ("GET", "/api/v2/projects/{project}/providers/{provider}/presets"): list_presets,
    ("POST", "/api/v2/providers/{provider}/presets"): create_preset,
    ("PUT", "/api/v2/providers/{provider}/presets"): update_preset,
    ("PUT", "/api/v2/presets/{preset}/status"): preset_status,
    ("DELETE", "/api/v2/presets/{preset}/provider/{provider}"): delete_preset,
    ("GET", "/api/v2/projects/{project}/quota"): quota,
    ("POST", "/api/v2/projects/{project}/quotacalculation"): calculation,
    ("GET", "/api/v2/applicationdefinitions"): definitions,
    ("POST", "/api/v2/applicationdefinitions"): set_definition,
    ("GET", "/api/v2/applicationdefinitions/{name}"): definition,
    ("PUT", "/api/v2/applicationdefinitions/{name}"): set_definition,
    ("DELETE", "/api/v2/applicationdefinitions/{name}"): remove_definition,
    ("POST", f"{ONE}/applicationinstallations"): install,
    ("GET", APPLICATION): application,
    ("PUT", APPLICATION): replace_application,
    ("DELETE", APPLICATION): remove_application,
    ("GET", f"{ONE}/alertmanager/config"): alertmanager,
    ("PUT", f"{ONE}/alertmanager/config"): set_alertmanager,
    ("GET", f"{ONE}/rulegroups"): list_rules,
    ("POST", f"{ONE}/rulegroups"): set_rules,
    ("PUT", f"{ONE}/rulegroups/{{group}}"): set_rules,
    ("DELETE", f"{ONE}/rulegroups/{{group}}"): remove_rules,
    ("GET", f"{ONE}/mlaadminsetting"): limits,
    ("POST", f"{ONE}/mlaadminsetting"): set_limits,
    ("PUT", f"{ONE}/mlaadminsetting"): set_limits,
}
