# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects and what is in them, datacenters and versions, as KKP serves them."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from tests.unit.plugins.kkp.fake_kkp import Handler, RefusedError, Request

JSON = Any
State = dict[str, JSON]

TIME = "2026-01-02T03:04:05Z"
VERSIONS = ("1.33.13", "1.34.2", "1.34.9", "1.34.10")


def fresh(state: State, prefix: str) -> str:
    state["last"] = state.get("last", 0) + 1
    return f"{prefix}{state['last']:09d}"


def of(state: State, kind: str) -> dict[str, JSON]:
    found: dict[str, JSON] = state.setdefault(kind, {})
    return found


def patched(value: JSON, patch: JSON) -> JSON:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for key, part in patch.items():
        if part is None:
            result.pop(key, None)
        else:
            result[key] = patched(result.get(key), part)
    return result


def project_of(state: State, project: str) -> JSON:
    if project not in of(state, "projects"):
        raise RefusedError(404, f'projects.kubermatic.k8c.io "{project}" not found')
    found = of(state, "projects")[project]
    if found["status"] == "Inactive":
        raise RefusedError(503, "Project is not initialized yet")
    return found


def list_projects(state: State, request: Request) -> tuple[int, JSON]:
    shown = []
    for key, project in list(of(state, "projects").items()):
        if key in state.get("somebody_elses", ()) and request.query.get("displayAll") != "true":
            continue
        waited = state.setdefault("looks", {})
        waited[key] = waited.get(key, 0) + 1
        if project["status"] == "Inactive" and waited[key] > 3:
            project["status"] = "Active"
        if project["status"] == "Terminating" and waited[key] > 3:
            del state["projects"][key]
            continue
        shown.append(dict(project))
    return 200, shown


def create_project(state: State, request: Request) -> tuple[int, JSON]:
    if not request.body.get("name"):
        raise RefusedError(400, "the name of the project cannot be empty")
    if state.get("service_account") and not request.body.get("users"):
        raise RefusedError(400, "owner user email list required for project creation by Service Account")
    key = fresh(state, "p")
    body = {
        "id": key, "name": request.body["name"], "creationTimestamp": TIME, "status": "Inactive", "clustersNumber": 0,
        "labels": request.body.get("labels", {}), "spec": request.body.get("spec", {}),
        "owners": [{"name": "Owner", "email": "owner@example.com", "creationTimestamp": TIME}],
    }  # fmt: skip
    of(state, "projects")[key] = body
    return 201, body


def update_project(state: State, request: Request, project: str) -> tuple[int, JSON]:
    found = project_of(state, project)
    found.update({key: request.body.get(key, {}) for key in ("labels", "spec")})
    return 200, found


def delete_project(state: State, _: Request, project: str) -> tuple[int, JSON]:
    project_of(state, project)["status"] = "Terminating"
    state.setdefault("looks", {})[project] = 0
    return 200, {}


def list_keys(state: State, _: Request, project: str) -> tuple[int, JSON]:
    project_of(state, project)
    return 200, list(of(state, "keys").values())


def create_key(state: State, request: Request, project: str) -> tuple[int, JSON]:
    project_of(state, project)
    name = request.body["name"]
    if any(key["name"] == name for key in of(state, "keys").values()):
        raise RefusedError(409, f'ssh key "{name}" already exists')
    key = fresh(state, "key-")
    public = request.body["spec"]["publicKey"]
    digest = hashlib.sha256(public.encode()).hexdigest()[:32]
    body = {"id": key, "name": name, "creationTimestamp": TIME, "spec": {"publicKey": public, "fingerprint": digest}}
    of(state, "keys")[key] = body
    return 201, body


def delete_key(state: State, _: Request, project: str, key: str) -> tuple[int, JSON]:
    project_of(state, project)
    of(state, "keys").pop(key)
    return 200, {}


def list_accounts(state: State, _: Request, project: str) -> tuple[int, JSON]:
    project_of(state, project)
    accounts = []
    for key, account in of(state, "accounts").items():
        accounts.append({**account, "status": "Active" if state["looks"].get(key, 0) > 1 else "Inactive"})
        state["looks"][key] = state["looks"].get(key, 0) + 1
    return 200, accounts


def create_account(state: State, request: Request, project: str) -> tuple[int, JSON]:
    project_of(state, project)
    key = fresh(state, "a")
    name, group = request.body["name"], request.body["group"]
    if any(account["name"] == name for account in of(state, "accounts").values()):
        raise RefusedError(409, f'service account "{name}" already exists')
    body = {"id": key, "name": name, "group": f"{group}-{project}", "status": "Inactive", "creationTimestamp": TIME}
    of(state, "accounts")[key] = body
    return 201, body


def update_account(state: State, request: Request, project: str, account: str) -> tuple[int, JSON]:
    assert request.body["id"] == account
    found = of(state, "accounts")[account]
    found["group"] = f"{request.body['group']}-{project}"
    return 200, found


def delete_account(state: State, _: Request, project: str, account: str) -> tuple[int, JSON]:
    project_of(state, project)
    of(state, "accounts").pop(account)
    return 200, {}


def jwt(token_id: str, serial: int) -> str:
    """A text of the shape of KKP's tokens."""
    parts = [{"alg": "HS256"}, {"token_id": token_id, "project_id": "p000000001", "iat": serial}]
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*coded, "c2lnbmF0dXJlLW9mLWEtdGVzdA"])


def list_tokens(state: State, _: Request, project: str, account: str) -> tuple[int, JSON]:
    project_of(state, project)
    return 200, [{key: value for key, value in token.items() if key != "token"} for token in of(state, f"tokens-{account}").values()]


def create_token(state: State, request: Request, project: str, account: str) -> tuple[int, JSON]:
    project_of(state, project)
    name = request.body["name"]
    if any(token["name"] == name for token in of(state, f"tokens-{account}").values()):
        raise RefusedError(409, f'token "{name}" already exists')
    key = fresh(state, "t")
    body = {
        "id": key,
        "name": name,
        "creationTimestamp": TIME,
        "expiry": "2029-01-02T03:04:05Z",
        "invalidated": False,
        "token": jwt(key, 1),
    }
    of(state, f"tokens-{account}")[key] = body
    return 201, body


def regenerate_token(state: State, request: Request, project: str, account: str, token: str) -> tuple[int, JSON]:
    project_of(state, project)
    assert request.body["id"] == token
    found = of(state, f"tokens-{account}")[token]
    found.update(token=jwt(token, fresh_number(state)), invalidated=False)
    return 200, found


def fresh_number(state: State) -> int:
    return int(fresh(state, ""))


def delete_token(state: State, _: Request, project: str, account: str, token: str) -> tuple[int, JSON]:
    project_of(state, project)
    of(state, f"tokens-{account}").pop(token)
    return 200, {}


DATACENTERS = [
    {"metadata": {"name": "os-fra"}, "spec": {"seed": "europe", "country": "DE", "location": "Frankfurt", "provider": "openstack",
     "openstack": {"authURL": "https://keystone.example.com/v3", "region": "one", "images": {"ubuntu": "kubermatic-ubuntu"}}}},
    {"metadata": {"name": "fake-dc"}, "spec": {"seed": "america", "provider": "fake", "fake": {}}},
]  # fmt: skip


def datacenters(_: State, _request: Request) -> tuple[int, JSON]:
    return 200, DATACENTERS


def provider_datacenters(_: State, _request: Request, provider: str) -> tuple[int, JSON]:
    return 200, [item for item in DATACENTERS if item["spec"]["provider"] == provider]


def kkp_version(state: State, _: Request) -> tuple[int, JSON]:
    return 200, {"api": state.get("kkp_version", "v2.29.3")}


def offered(_: State, _request: Request, **_provider: str) -> tuple[int, JSON]:
    return 200, [{"version": version, "default": version == "1.33.13"} for version in VERSIONS]


ROUTES: dict[tuple[str, str], Handler] = {
    ("GET", "/api/v1/projects"): list_projects,
    ("POST", "/api/v1/projects"): create_project,
    ("PUT", "/api/v1/projects/{project}"): update_project,
    ("DELETE", "/api/v1/projects/{project}"): delete_project,
    ("GET", "/api/v1/projects/{project}/sshkeys"): list_keys,
    ("POST", "/api/v1/projects/{project}/sshkeys"): create_key,
    ("DELETE", "/api/v1/projects/{project}/sshkeys/{key}"): delete_key,
    ("GET", "/api/v1/projects/{project}/serviceaccounts"): list_accounts,
    ("POST", "/api/v1/projects/{project}/serviceaccounts"): create_account,
    ("PUT", "/api/v1/projects/{project}/serviceaccounts/{account}"): update_account,
    ("DELETE", "/api/v1/projects/{project}/serviceaccounts/{account}"): delete_account,
    ("GET", "/api/v1/projects/{project}/serviceaccounts/{account}/tokens"): list_tokens,
    ("POST", "/api/v1/projects/{project}/serviceaccounts/{account}/tokens"): create_token,
    ("PUT", "/api/v1/projects/{project}/serviceaccounts/{account}/tokens/{token}"): regenerate_token,
    ("DELETE", "/api/v1/projects/{project}/serviceaccounts/{account}/tokens/{token}"): delete_token,
    ("GET", "/api/v1/dc"): datacenters,
    ("GET", "/api/v1/providers/{provider}/dc"): provider_datacenters,
    ("GET", "/api/v1/version"): kkp_version,
    ("GET", "/api/v1/upgrades/cluster"): offered,
    ("GET", "/api/v1/upgrades/node"): offered,
    ("GET", "/api/v2/providers/{provider}/versions"): offered,
}
