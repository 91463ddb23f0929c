# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets: cloud credentials by name, which replies never show (kkp.md 1.5)."""

from __future__ import annotations

from lab.kkp_api import access
from lab.kkp_api.calls import JSON, Call, Operation, Reply, part
from lab.kkp_api.cluster_spec import PROVIDER
from lab.kkp_api.identity import Caller
from lab.kkp_api.refusals import RefusalError, bad, exists, not_found
from lab.kkp_api.services import Services

_ADMIN = "/api/v2/providers/{provider_name}/presets"
_ONE = "/api/v2/presets/{preset_name}"
_PUBLIC = ("network", "securityGroups", "floatingIPPool", "routerID", "subnetID")


def preset_for(services: Services, caller: Caller, project: str, name: str) -> JSON:
    """The preset of this name, for a cluster in this project.

    Raises:
        RefusalError: 400: there is none for this caller, project and provider.
    """
    preset = services.store.get("preset", name)
    if preset is None or not _is_open(preset, caller, project) or not _is_enabled(preset):
        raise bad(f'invalid credentials: preset "{name}" not found')
    return preset


def _is_open(preset: JSON, caller: Caller, project: str) -> bool:
    """Whether the preset's own limits let this caller and project use it."""
    emails, projects = preset["spec"].get("requiredEmails") or [], preset["spec"].get("projects") or []
    domains = {caller.email, caller.email.partition("@")[2]}
    return (not emails or bool(domains & set(emails))) and (not projects or not project or project in projects)


def _is_enabled(preset: JSON) -> bool:
    spec = preset["spec"]
    return spec.get("enabled", True) is not False and PROVIDER in spec and spec[PROVIDER].get("enabled", True) is not False


def _shown(preset: JSON) -> JSON:
    spec = preset["spec"]
    providers = []
    if PROVIDER in spec:
        settings = spec[PROVIDER]
        shown = {key: settings[key] for key in _PUBLIC if settings.get(key)}
        customizable = bool(settings.get("isCustomizable"))
        providers.append(
            {"name": PROVIDER, "enabled": settings.get("enabled", True) is not False, "isCustomizable": customizable, PROVIDER: shown}
        )
    return {"name": preset["name"], "enabled": spec.get("enabled", True) is not False, "providers": providers}


def _matching(services: Services, call: Call, *, project: str = "", everything: bool = False) -> list[JSON]:
    found = [preset for preset in services.store.all("preset") if everything or _is_open(preset, call.caller, project)]
    if call.query.get("disabled") != "true":
        found = [preset for preset in found if _is_enabled(preset)]
    if name := call.query.get("name"):
        found = [preset for preset in found if preset["name"] == name]
    if (provider := call.path.get("provider_name")) is not None:
        found = [preset for preset in found if provider in preset["spec"]]
    return found


def _of_project(services: Services, call: Call) -> Reply:
    project = access.project(services, call, resource="presets", verb="list")
    return Reply({"items": [_shown(preset) for preset in _matching(services, call, project=project["id"])]})


def _list(services: Services, call: Call) -> Reply:
    return Reply({"items": [_shown(preset) for preset in _matching(services, call, everything=call.caller.is_admin)]})


def _names(services: Services, call: Call) -> Reply:
    return Reply({"names": [preset["name"] for preset in _matching(services, call)]})


def _wanted(call: Call) -> JSON:
    access.admin(call)
    _check_provider(call)
    body = call.document()
    spec = part(body, "spec")
    if not body.get("name"):
        raise bad("preset name cannot be empty")
    if unsupported := [key for key in spec if isinstance(spec[key], dict) and key != PROVIDER]:
        raise bad(f"unexpected providers in the preset: {', '.join(unsupported)}; this lab's datacenter is openstack")
    if PROVIDER not in spec:
        raise bad(f"missing provider configuration for: {PROVIDER}")
    return {"name": str(body["name"]), "spec": spec}


def _check_provider(call: Call) -> None:
    if call.path["provider_name"] != PROVIDER:
        raise bad(f"provider {call.path['provider_name']} is not supported: this lab's datacenter is openstack")


def _create(services: Services, call: Call) -> Reply:
    preset = _wanted(call)
    if services.store.get("preset", preset["name"]):
        raise exists("preset", preset["name"])
    services.store.put("preset", preset["name"], preset)
    return Reply(_shown(preset))


def _update(services: Services, call: Call) -> Reply:
    preset = _wanted(call)
    known = services.store.get("preset", preset["name"])
    if known is None:
        raise not_found("presets.kubermatic.k8c.io", preset["name"])
    if PROVIDER not in known["spec"]:
        raise RefusalError(409, f"trying to update preset with missing provider configuration for: {PROVIDER}")
    services.store.put("preset", preset["name"], preset)
    return Reply(_shown(preset))


def _known(services: Services, call: Call) -> JSON:
    access.admin(call)
    preset = services.store.get("preset", call.path["preset_name"])
    if preset is None:
        raise not_found("presets.kubermatic.k8c.io", call.path["preset_name"])
    return preset


def _delete(services: Services, call: Call) -> Reply:
    services.store.delete("preset", _known(services, call)["name"])
    return Reply()


def _delete_provider(services: Services, call: Call) -> Reply:
    preset = _known(services, call)
    if call.path["provider_name"] not in preset["spec"]:
        raise RefusalError(409, f"trying to delete preset with missing provider configuration for: {call.path['provider_name']}")
    preset["spec"].pop(call.path["provider_name"])
    services.store.put("preset", preset["name"], preset)
    return Reply()


def _status(services: Services, call: Call) -> Reply:
    preset = _known(services, call)
    enabled = call.document().get("enabled")
    if not isinstance(enabled, bool):
        raise bad("enabled: true or false is expected")
    provider = call.query.get("provider")
    target = preset["spec"] if not provider else preset["spec"].get(provider)
    if target is None:
        raise RefusalError(409, f"trying to update preset with missing provider configuration for: {provider}")
    target["enabled"] = enabled
    services.store.put("preset", preset["name"], preset)
    return Reply()


OPERATIONS = (
    Operation("GET", "/api/v2/projects/{project_id}/providers/{provider_name}/presets", _of_project),
    Operation("GET", "/api/v1/providers/{provider_name}/presets/credentials", _names),
    Operation("GET", "/api/v2/presets", _list),
    Operation("GET", _ADMIN, _list),
    Operation("POST", _ADMIN, _create),
    Operation("PUT", _ADMIN, _update),
    Operation("DELETE", _ONE, _delete),
    Operation("DELETE", f"{_ONE}/provider/{{provider_name}}", _delete_provider),
    Operation("PUT", f"{_ONE}/status", _status),
)
