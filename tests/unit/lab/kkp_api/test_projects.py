# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects, people, service accounts and tokens: who may do what, and what KKP says to those who may not."""

from __future__ import annotations

import base64
import json

from tests.unit.lab.kkp_api.running import Api

KEY = "ssh-ed25519 " + base64.b64encode(b"\x00\x00\x00\x0bssh-ed25519" + bytes(36)).decode() + " a@b"


def account(api: Api, project: str, group: str, name: str = "") -> tuple[str, str]:
    """A service account's path and token."""
    made = api.ask("POST", f"/api/v1/projects/{project}/serviceaccounts", {"name": name or group, "group": group})
    assert made.status == 201
    path = f"/api/v1/projects/{project}/serviceaccounts/{made.body['id']}"
    return path, api.ask("POST", f"{path}/tokens", {"name": "t"}).body["token"]


def test_every_reply_says_that_this_is_no_kkp(api: Api) -> None:
    for path in ("/api/v1/healthz", "/api/v1/me", "/nowhere"):
        assert "no Kubermatic" in api.ask("GET", path).headers["x-ailab-notice"]


def test_unknown_paths_and_methods_are_answered_as_by_the_router(api: Api) -> None:
    assert (api.ask("GET", "/api/v1/nowhere").status, api.ask("GET", "/api/v1/nowhere").text) == (404, "404 page not found\n")
    assert (api.ask("PUT", "/api/v1/dc").status, api.ask("PUT", "/api/v1/dc").text) == (405, "")


def test_only_health_needs_no_token(api: Api) -> None:
    assert api.ask("GET", "/api/v1/healthz", token="").status == 200
    refused = api.ask("GET", "/api/v1/version", token="")
    assert refused.error == (401, "not authorized")
    assert refused.body["error"]["details"]
    assert api.ask("GET", "/api/v1/version", token="a.b.c").status == 401
    assert api.ask("GET", "/api/v1/version", token="", Cookie=f"token={api.admin}").status == 200


def test_a_project_is_not_initialized_at_first(api: Api) -> None:
    api.services.settled = 0.5
    project = api.ask("POST", "/api/v1/projects", {"name": "new"}).body
    assert project["status"] == "Inactive"
    assert api.ask("GET", f"/api/v2/projects/{project['id']}/clusters").error == (503, "Project is not initialized yet")
    api.until(lambda: api.ask("GET", f"/api/v2/projects/{project['id']}/clusters").status == 200)


def test_strangers_are_told_that_they_do_not_belong(api: Api) -> None:
    project, stranger = api.project(), api.user("eve@example.com")
    said = f'forbidden: "eve@example.com" doesn\'t belong to project {project}'
    assert api.ask("GET", f"/api/v1/projects/{project}", token=stranger).error == (403, said)
    assert api.ask("GET", "/api/v1/projects", token=stranger).body == []
    assert api.ask("POST", "/api/v2/providers/openstack/presets", {}, token=stranger).error == (
        403,
        'forbidden: "eve@example.com" doesn\'t have admin rights',
    )
    assert api.ask("POST", "/lab/faults", {}, token=stranger).status == 403


def test_an_unknown_project_and_a_nameless_one(api: Api) -> None:
    assert api.ask("GET", "/api/v1/projects/some-ID").error == (404, 'projects.kubermatic.k8c.io "some-ID" not found')
    assert api.ask("POST", "/api/v1/projects", {"name": ""}).error == (400, "the name of the project cannot be empty")
    assert api.ask("POST", "/api/v1/projects", "{").status == 500


def test_projects_of_service_accounts_need_human_owners(api: Api) -> None:
    project = api.project()
    _, manager = account(api, project, "projectmanagers")
    _, editor = account(api, project, "editors")
    assert api.ask("POST", "/api/v1/projects", {"name": "x"}, token=manager).error == (
        400,
        "owner user email list required for project creation by Service Account",
    )
    assert api.ask("POST", "/api/v1/projects", {"name": "x"}, token=editor).error == (
        403,
        "the Service Account is not allowed to create a project",
    )
    owner = api.user("ann@example.com")
    made = api.ask("POST", "/api/v1/projects", {"name": "x", "users": ["ann@example.com"]}, token=manager)
    assert made.status == 201
    assert [one["id"] for one in api.ask("GET", "/api/v1/projects", token=owner).body] == [made.body["id"]]


def test_editors_make_clusters_and_managers_make_accounts(api: Api) -> None:
    project = api.project()
    _, manager = account(api, project, "projectmanagers")
    _, editor = account(api, project, "editors")
    _, viewer = account(api, project, "viewers")
    clusters, accounts = f"/api/v2/projects/{project}/clusters", f"/api/v1/projects/{project}/serviceaccounts"
    assert [api.ask("GET", clusters, token=token).status for token in (manager, editor, viewer)] == [403, 200, 200]
    assert [api.ask("GET", accounts, token=token).status for token in (manager, editor, viewer)] == [200, 403, 403]
    assert api.order(project, token=editor).status == 201
    assert [api.order(project, "two", token=token).status for token in (manager, viewer)] == [403, 403]


def test_accounts_are_inactive_first_and_their_group_carries_the_project(api: Api) -> None:
    project = api.project()
    path = f"/api/v1/projects/{project}/serviceaccounts"
    made = api.ask("POST", path, {"name": "ci", "group": "editors"}).body
    assert (made["status"], made["group"]) == ("Inactive", f"editors-{project}")
    api.until(lambda: api.ask("GET", path).body[0]["status"] == "Active")
    assert api.ask("POST", path, {"name": "ci", "group": "editors"}).error == (409, 'service account "ci" already exists')
    assert api.ask("POST", path, {"name": "x", "group": "owners"}).error == (400, "invalid group name owners")
    assert api.ask("POST", path, {"name": "x"}).error == (400, "the name, project ID and group cannot be empty")
    assert api.ask("POST", path, {"name": "x" * 51, "group": "editors"}).error == (400, "the name is too long, max 50 chars")


def test_a_token_is_readable_once_and_a_new_one_revokes_it(api: Api) -> None:
    project = api.project()
    path, token = account(api, project, "viewers")
    listed = api.ask("GET", f"{path}/tokens").body
    assert [set(one) for one in listed] == [{"id", "name", "creationTimestamp", "expiry", "invalidated"}]
    assert api.ask("GET", "/api/v1/me", token=token).status == 200
    again = api.ask("PUT", f"{path}/tokens/{listed[0]['id']}", {"id": listed[0]["id"], "name": "t"}).body["token"]
    assert api.ask("GET", "/api/v1/me", token=token).status == 401
    assert api.ask("GET", "/api/v1/me", token=again).status == 200
    renamed = api.ask("PATCH", f"{path}/tokens/{listed[0]['id']}", json.dumps(base64.b64encode(b'{"name": "u"}').decode()))
    assert renamed.body["name"] == "u"
    assert api.ask("POST", f"{path}/tokens", {"name": "u"}).error == (409, 'token "u" already exists')
    api.ask("DELETE", path)
    assert api.ask("GET", "/api/v1/me", token=again).status == 401


def test_no_token_is_stored(api: Api) -> None:
    _, token = account(api, api.project(), "viewers")
    assert all(token not in json.dumps(api.services.store.all(kind)) for kind in ("token", "user", "serviceaccount"))


def test_ssh_keys_have_fingerprints_and_one_name_each(api: Api) -> None:
    path = f"/api/v1/projects/{api.project()}/sshkeys"
    made = api.ask("POST", path, {"name": "k", "spec": {"publicKey": KEY}})
    assert made.status == 201
    assert len(made.body["spec"]["fingerprint"].split(":")) == 16
    assert api.ask("POST", path, {"name": "k", "spec": {"publicKey": KEY}}).error == (409, 'ssh key "k" already exists')
    assert api.ask("POST", path, {"name": "l", "spec": {"publicKey": "ssh-ed25519 %%%"}}).status == 400
    assert api.ask("DELETE", f"{path}/{made.body['id']}").text == "{}"
    assert api.ask("GET", path).text == "[]"


def test_a_project_is_changed_and_deleted_with_all_that_is_in_it(api: Api) -> None:
    project = api.project()
    api.cluster(project)
    assert api.ask("PUT", f"/api/v1/projects/{project}", {"name": "two", "labels": {"a": "b"}}).body["name"] == "two"
    assert api.ask("DELETE", f"/api/v1/projects/{project}").text == "{}"
    api.until(lambda: api.ask("GET", f"/api/v1/projects/{project}").status == 404)
    assert api.platform.clusters == {}
