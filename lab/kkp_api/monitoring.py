# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of user-cluster monitoring, logging and alerting (MLA; kkp.md 1.8).

They are kept for the cluster: this lab has no MLA stack to hand them to.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import yaml

from lab.kkp_api import access
from lab.kkp_api.calls import JSON, Call, Operation, Reply, part
from lab.kkp_api.cluster_access import cluster
from lab.kkp_api.refusals import bad, exists, not_found, plain
from lab.kkp_api.services import Services

_CLUSTER = "/api/v2/projects/{project_id}/clusters/{cluster_id}"
_ALERTMANAGER = f"{_CLUSTER}/alertmanager/config"
_RULES = f"{_CLUSTER}/rulegroups"
_RULE = f"{_RULES}/{{rulegroup_id}}"
_ADMIN = f"{_CLUSTER}/mlaadminsetting"
_LIMITS: tuple[str, ...] = ("monitoringRateLimits", "loggingRateLimits")
_KINDS = ("Metrics", "Logs")
_DEFAULT = base64.b64encode(
    b"template_files: {}\nalertmanager_config: |\n  route:\n    receiver: 'null'\n  receivers:\n    - name: 'null'\n"
).decode()


def _yaml(text: Any, *, what: str) -> Any:
    """YAML from the base64 text that Go's byte slices travel as."""
    try:
        return yaml.safe_load(base64.b64decode(text, validate=True))
    except (TypeError, ValueError, binascii.Error) as exc:
        raise plain(f"illegal base64 data in {what}") from exc
    except yaml.YAMLError as exc:
        raise bad(f"invalid {what}: {exc}") from exc


def _alertmanager(services: Services, call: Call) -> Reply:
    one = cluster(services, call)
    return Reply(services.store.get("alertmanager", one["id"]) or {"spec": {"config": _DEFAULT}})


def _set_alertmanager(services: Services, call: Call) -> Reply:
    one = cluster(services, call, verb="update")
    config = part(call.document(), "spec").get("config")
    if not isinstance(_yaml(config, what="alertmanager configuration"), dict):
        raise bad("invalid alertmanager configuration: a map is expected")
    body: JSON = {"spec": {"config": config}}
    services.store.put("alertmanager", one["id"], body, parent=one["id"])
    return Reply(body)


def _reset_alertmanager(services: Services, call: Call) -> Reply:
    services.store.delete("alertmanager", cluster(services, call, verb="delete")["id"])
    return Reply()


def _group(call: Call) -> JSON:
    body = call.document()
    found = _yaml(body.get("data"), what="rule group")
    if not isinstance(found, dict) or not found.get("name"):
        raise bad("invalid rule group: name is required")
    if body.get("type") not in _KINDS:
        raise bad(f"invalid rule group: type {body.get('type')!r}: one of {', '.join(_KINDS)} is expected")
    return {"name": str(found["name"]), "data": body["data"], "type": body["type"], "isDefault": False}


def _groups(services: Services, call: Call) -> Reply:
    one = cluster(services, call)
    kind = call.query.get("type")
    if kind not in (None, "", *_KINDS):
        raise plain(f"wrong query parameter, unsupported type: {kind}")
    return Reply([group for group in services.store.all("rulegroup", parent=one["id"]) if not kind or group["type"] == kind])


def _create_group(services: Services, call: Call) -> Reply:
    one = cluster(services, call, verb="create")
    group = _group(call)
    key = f"{one['id']}/{group['name']}"
    if services.store.get("rulegroup", key):
        raise exists("rulegroups.kubermatic.k8c.io", group["name"])
    services.store.put("rulegroup", key, group, parent=one["id"])
    return Reply(group, status=201)


def _known_group(services: Services, call: Call, *, verb: str = "get") -> tuple[str, JSON, JSON]:
    one = cluster(services, call, verb=verb)
    key = f"{one['id']}/{call.path['rulegroup_id']}"
    found = services.store.get("rulegroup", key)
    if found is None:
        raise not_found("rulegroups.kubermatic.k8c.io", call.path["rulegroup_id"])
    return key, found, one


def _get_group(services: Services, call: Call) -> Reply:
    return Reply(_known_group(services, call)[1])


def _update_group(services: Services, call: Call) -> Reply:
    key, known, one = _known_group(services, call, verb="update")
    group = _group(call)
    if group["name"] != known["name"]:
        raise bad(f"invalid rule group: the name cannot be changed from {known['name']} to {group['name']}")
    services.store.put("rulegroup", key, group, parent=one["id"])
    return Reply(group)


def _delete_group(services: Services, call: Call) -> Reply:
    services.store.delete("rulegroup", _known_group(services, call, verb="delete")[0])
    return Reply()


def _settings(services: Services, call: Call) -> Reply:
    access.admin(call)
    one = cluster(services, call)
    found = services.store.get("mlaadminsetting", one["id"])
    if found is None:
        raise not_found("mlaadminsettings.kubermatic.k8c.io", "mla-admin-setting")
    return Reply(found)


def _put_settings(services: Services, call: Call, *, is_new: bool) -> Reply:
    access.admin(call)
    one = cluster(services, call, verb="update")
    if (services.store.get("mlaadminsetting", one["id"]) is None) != is_new:
        name = ("mlaadminsettings.kubermatic.k8c.io", "mla-admin-setting")
        raise exists(*name) if is_new else not_found(*name)
    body = call.document()
    kept: JSON = {key: part(body, key) for key in _LIMITS if key in body}
    services.store.put("mlaadminsetting", one["id"], kept, parent=one["id"])
    return Reply(kept, status=201 if is_new else 200)


def _create_settings(services: Services, call: Call) -> Reply:
    return _put_settings(services, call, is_new=True)


def _update_settings(services: Services, call: Call) -> Reply:
    return _put_settings(services, call, is_new=False)


def _delete_settings(services: Services, call: Call) -> Reply:
    access.admin(call)
    services.store.delete("mlaadminsetting", cluster(services, call, verb="delete")["id"])
    return Reply()


OPERATIONS = (
    Operation("GET", _ALERTMANAGER, _alertmanager),
    Operation("PUT", _ALERTMANAGER, _set_alertmanager),
    Operation("DELETE", _ALERTMANAGER, _reset_alertmanager),
    Operation("GET", _RULES, _groups),
    Operation("POST", _RULES, _create_group),
    Operation("GET", _RULE, _get_group),
    Operation("PUT", _RULE, _update_group),
    Operation("DELETE", _RULE, _delete_group),
    Operation("GET", _ADMIN, _settings),
    Operation("POST", _ADMIN, _create_settings),
    Operation("PUT", _ADMIN, _update_settings),
    Operation("DELETE", _ADMIN, _delete_settings),
)
