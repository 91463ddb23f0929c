# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects and their members (API v1; kkp.md 1.3)."""

from __future__ import annotations

from lab.kkp_api import access, words
from lab.kkp_api.access import GROUPS, MANAGERS, OWNERS
from lab.kkp_api.calls import JSON, Call, Operation, Reply, part, texts
from lab.kkp_api.refusals import RefusalError, bad, not_found, plain
from lab.kkp_api.services import Services
from lab.kkp_api.work import WorkList

_ONE = "/api/v1/projects/{project_id}"


def _list(services: Services, call: Call) -> Reply:
    everything = call.caller.is_admin and call.query.get("displayAll") == "true"
    found = services.store.all("project")
    return Reply([_shown(services, one) for one in found if everything or access.role(services, call.caller, one["id"])])


def _create(services: Services, call: Call) -> Reply:
    body = call.document()
    name, owners = body.get("name") or "", list(body.get("users") or [])
    if not name:
        raise bad("the name of the project cannot be empty")
    if call.caller.account:
        account = services.store.get("serviceaccount", call.caller.account)
        if account is None or account["group"] != MANAGERS:
            raise RefusalError(403, "the Service Account is not allowed to create a project")
        if not owners:
            raise bad("owner user email list required for project creation by Service Account")
    elif not owners:
        owners = [call.caller.email]
    if missing := [email for email in owners if services.store.get("user", email) is None]:
        raise plain(f"the given user {missing[0]} was not found")
    project: JSON = {
        "id": words.object_id(),
        "name": name,
        "creationTimestamp": words.now(),
        "labels": texts(body.get("labels")),
        "spec": part({"spec": body.get("spec") or body.get("Spec")}, "spec"),
        "status": "Inactive",
    }
    with services.store.together():
        services.store.put("project", project["id"], project)
        for email in owners:
            member = {"project": project["id"], "email": email, "group": OWNERS}
            services.store.put("member", f"{project['id']}/{email}", member, parent=project["id"])
        WorkList(services.store).order(f"project/{project['id']}", "activate", after=services.settled)
    services.wake()
    return Reply(_shown(services, project), status=201)


def _get(services: Services, call: Call) -> Reply:
    return Reply(_shown(services, access.project(services, call, resource="projects", unready=True)))


def _update(services: Services, call: Call) -> Reply:
    project = access.project(services, call, resource="projects", verb="update")
    body = call.document()
    if not body.get("name"):
        raise bad("the name of the project cannot be empty")
    changed = {**project, "name": body["name"], "labels": texts(body.get("labels"))}
    if "spec" in body:
        changed["spec"] = part(body, "spec")
    services.store.put("project", project["id"], changed)
    return Reply(_shown(services, changed))


def _delete(services: Services, call: Call) -> Reply:
    project = access.project(services, call, resource="projects", verb="delete", unready=True)
    if project["status"] != "Terminating":
        with services.store.together():
            services.store.put("project", project["id"], {**project, "status": "Terminating", "deletionTimestamp": words.now()})
            WorkList(services.store).order(f"project/{project['id']}", "delete")
        services.wake()
    return Reply()


def _shown(services: Services, project: JSON) -> JSON:
    members = services.store.all("member", parent=project["id"])
    owners = [services.store.get("user", member["email"]) for member in members if member["group"] == OWNERS]
    return {
        **project,
        "owners": [_person(owner) for owner in owners if owner],
        "clustersNumber": len(services.store.all("cluster", parent=project["id"])),
    }


def _person(user: JSON) -> JSON:
    return {key: user[key] for key in ("id", "name", "email", "creationTimestamp")}


def _member(user: JSON, member: JSON) -> JSON:
    return {**_person(user), "projects": [{"id": member["project"], "group": f"{member['group']}-{member['project']}"}]}


def _members(services: Services, call: Call) -> Reply:
    project = access.project(services, call, resource="users")
    pairs = [(services.store.get("user", member["email"]), member) for member in services.store.all("member", parent=project["id"])]
    return Reply([_member(user, member) for user, member in pairs if user])


def _wanted_group(call: Call, project: str) -> tuple[str, str]:
    body = call.document()
    memberships = body.get("projects") or []
    email = str(body.get("email") or "")
    if not email or len(memberships) != 1:
        raise bad('expected exactly one entry in "Projects" field, and an email')
    if memberships[0].get("id") != project:
        raise RefusalError(403, f"you can only assign the user to {project} project")
    group = str(memberships[0].get("group", "")).removesuffix(f"-{project}")
    if group not in GROUPS:
        raise bad(f"invalid group name {group}")
    return email, group


def _add_member(services: Services, call: Call) -> Reply:
    project = access.project(services, call, resource="users", verb="create")
    email, group = _wanted_group(call, project["id"])
    user = services.store.get("user", email)
    if user is None:
        raise plain(f"the given user {email} was not found")
    if services.store.get("member", f"{project['id']}/{email}"):
        raise bad(f"cannot add the user {email} to the project {project['id']} because user is already in the project")
    member = {"project": project["id"], "email": email, "group": group}
    services.store.put("member", f"{project['id']}/{email}", member, parent=project["id"])
    return Reply(_member(user, member), status=201)


def _found_member(services: Services, project: str, key: str) -> tuple[JSON, JSON]:
    for user in services.store.all("user"):
        member = services.store.get("member", f"{project}/{user['email']}")
        if user["id"] == key and member:
            return user, member
    raise not_found("users.kubermatic.k8c.io", key)


def _edit_member(services: Services, call: Call) -> Reply:
    project = access.project(services, call, resource="users", verb="update")
    user, member = _found_member(services, project["id"], call.path["user_id"])
    email, group = _wanted_group(call, project["id"])
    if email != user["email"] or email == call.caller.email:
        raise RefusalError(403, "you cannot assign yourself to a different group")
    changed = {**member, "group": group}
    services.store.put("member", f"{project['id']}/{email}", changed, parent=project["id"])
    return Reply(_member(user, changed))


def _remove_member(services: Services, call: Call) -> Reply:
    project = access.project(services, call, resource="users", verb="delete")
    user, _ = _found_member(services, project["id"], call.path["user_id"])
    if user["email"] == call.caller.email:
        raise RefusalError(403, "you cannot delete yourself from the project")
    services.store.delete("member", f"{project['id']}/{user['email']}")
    return Reply()


OPERATIONS = (
    Operation("GET", "/api/v1/projects", _list),
    Operation("POST", "/api/v1/projects", _create),
    Operation("GET", _ONE, _get),
    Operation("PUT", _ONE, _update),
    Operation("DELETE", _ONE, _delete),
    Operation("GET", f"{_ONE}/users", _members),
    Operation("POST", f"{_ONE}/users", _add_member),
    Operation("PUT", f"{_ONE}/users/{{user_id}}", _edit_member),
    Operation("DELETE", f"{_ONE}/users/{{user_id}}", _remove_member),
)
