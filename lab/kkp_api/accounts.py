# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service accounts of a project, and their tokens (API v1; kkp.md 1.1, 1.3)."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime

from lab.kkp_api import access, words
from lab.kkp_api.access import ACCOUNT_GROUPS
from lab.kkp_api.calls import JSON, Call, Operation, Reply
from lab.kkp_api.refusals import bad, exists, not_found, plain
from lab.kkp_api.services import Services
from lab.kkp_api.tokens import fingerprint
from lab.kkp_api.work import WorkList

_ALL = "/api/v1/projects/{project_id}/serviceaccounts"
_ONE = f"{_ALL}/{{serviceaccount_id}}"
_TOKENS = f"{_ONE}/tokens"
_TOKEN = f"{_TOKENS}/{{token_id}}"
_LONGEST_NAME = 50


def _shown(account: JSON) -> JSON:
    shown = {key: value for key, value in account.items() if key != "project"}
    # KKP's groups are named after the project that they are of.
    return {**shown, "group": f"{account['group']}-{account['project']}"}


def _list(services: Services, call: Call) -> Reply:
    project = access.project(services, call, resource="serviceaccounts", verb="list")
    return Reply([_shown(account) for account in services.store.all("serviceaccount", parent=project["id"])])


def _checked(services: Services, call: Call, project: JSON, *, other_than: str = "") -> tuple[str, str]:
    body = call.document()
    name, group = str(body.get("name") or ""), str(body.get("group") or "")
    if not name or not group:
        raise bad("the name, project ID and group cannot be empty")
    if len(name) > _LONGEST_NAME:
        raise bad(f"the name is too long, max {_LONGEST_NAME} chars")
    group = group.removesuffix(f"-{project['id']}")
    if group not in ACCOUNT_GROUPS:
        raise bad(f"invalid group name {group}")
    for account in services.store.all("serviceaccount", parent=project["id"]):
        if account["name"] == name and account["id"] != other_than:
            raise exists("service account", name)
    return name, group


def _create(services: Services, call: Call) -> Reply:
    project = access.project(services, call, resource="serviceaccounts", verb="create")
    name, group = _checked(services, call, project)
    account = {
        "id": words.object_id(),
        "name": name,
        "group": group,
        "project": project["id"],
        "creationTimestamp": words.now(),
        "status": "Inactive",
    }
    with services.store.together():
        services.store.put("serviceaccount", account["id"], account, parent=project["id"])
        WorkList(services.store).order(f"serviceaccount/{account['id']}", "activate", after=services.settled)
    services.wake()
    return Reply(_shown(account), status=201)


def _account(services: Services, call: Call, *, verb: str = "get") -> JSON:
    project = access.project(services, call, resource="serviceaccounts", verb=verb)
    account = services.store.get("serviceaccount", call.path["serviceaccount_id"])
    if account is None or account["project"] != project["id"]:
        raise not_found("ServiceAccount", call.path["serviceaccount_id"])
    return account


def _update(services: Services, call: Call) -> Reply:
    account = _account(services, call, verb="update")
    if call.document().get("id") != account["id"]:
        raise bad(
            "service account ID mismatch, you requested to update service account with id "
            f"{account['id']} but body contains id {call.document().get('id')}"
        )
    name, group = _checked(services, call, {"id": account["project"]}, other_than=account["id"])
    changed = {**account, "name": name, "group": group}
    services.store.put("serviceaccount", account["id"], changed, parent=account["project"])
    return Reply(_shown(changed))


def _delete(services: Services, call: Call) -> Reply:
    account = _account(services, call, verb="delete")
    with services.store.together():
        services.store.delete_children("token", account["id"])
        services.store.delete("serviceaccount", account["id"])
    return Reply()


def _public(token: JSON) -> JSON:
    return {key: token[key] for key in ("id", "name", "creationTimestamp", "expiry")} | {"invalidated": False}


def _tokens(services: Services, call: Call) -> Reply:
    account = _account(services, call)
    return Reply([_public(token) for token in services.store.all("token", parent=account["id"])])


def _issue(services: Services, account: JSON, key: str, name: str, created: str) -> JSON:
    """A fresh token under this id; one that was there is revoked by it."""
    text, end = services.identity.account_token(project=account["project"], account=account["id"], token_id=key)
    expiry = datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    token = {
        "id": key,
        "name": name,
        "creationTimestamp": created,
        "expiry": expiry,
        "account": account["id"],
        "fingerprint": fingerprint(text),
    }
    services.store.put("token", key, token, parent=account["id"])
    return {**_public(token), "token": text}


def _token_name(services: Services, account: JSON, name: object, *, other_than: str = "") -> str:
    if not isinstance(name, str) or not name:
        raise bad("new name can not be empty" if other_than else "the name of the token cannot be empty")
    if len(name) > _LONGEST_NAME:
        raise bad(f"the name is too long, max {_LONGEST_NAME} chars")
    for token in services.store.all("token", parent=account["id"]):
        if token["name"] == name and token["id"] != other_than:
            raise exists("token", name)
    return name


def _create_token(services: Services, call: Call) -> Reply:
    account = _account(services, call, verb="create")
    name = _token_name(services, account, call.document().get("name"))
    return Reply(_issue(services, account, f"sa-token-{words.suffix(10)}", name, words.now()), status=201)


def _token(services: Services, call: Call) -> tuple[JSON, JSON]:
    account = _account(services, call, verb="update")
    token = services.store.get("token", call.path["token_id"])
    if token is None or token["account"] != account["id"]:
        raise not_found("Token", call.path["token_id"])
    return account, token


def _regenerate(services: Services, call: Call) -> Reply:
    account, token = _token(services, call)
    body = call.document()
    if body.get("id") != token["id"]:
        raise bad(f"token ID mismatch, you requested to update token = {token['id']} but body contains token = {body.get('id')}")
    name = _token_name(services, account, body.get("name"), other_than=token["id"])
    return Reply(_issue(services, account, token["id"], name, token["creationTimestamp"]))


def _rename(services: Services, call: Call) -> Reply:
    account, token = _token(services, call)
    name = _token_name(services, account, _patch(call).get("name"), other_than=token["id"])
    changed = {**token, "name": name}
    services.store.put("token", token["id"], changed, parent=account["id"])
    return Reply(_public(changed))


def _patch(call: Call) -> JSON:
    """The patch, bare or, as the Go type says, as base64 text in JSON."""
    try:
        found = json.loads(call.body)
        if isinstance(found, str):
            found = json.loads(base64.b64decode(found, validate=True))
    except (ValueError, binascii.Error) as exc:
        raise plain(f"invalid character in patch: {exc}") from exc
    if not isinstance(found, dict):
        raise plain("json: cannot unmarshal patch into an object")
    return found


def _delete_token(services: Services, call: Call) -> Reply:
    _, token = _token(services, call)
    services.store.delete("token", token["id"])
    return Reply()


OPERATIONS = (
    Operation("GET", _ALL, _list),
    Operation("POST", _ALL, _create),
    Operation("PUT", _ONE, _update),
    Operation("DELETE", _ONE, _delete),
    Operation("GET", _TOKENS, _tokens),
    Operation("POST", _TOKENS, _create_token),
    Operation("PUT", _TOKEN, _regenerate),
    Operation("PATCH", _TOKEN, _rename),
    Operation("DELETE", _TOKEN, _delete_token),
)
