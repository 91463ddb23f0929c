# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what in a project: the roles of KKP (kkp.md 1.1, 1.3)."""

from __future__ import annotations

from typing import Any

from lab.kkp_api.calls import Call
from lab.kkp_api.identity import Caller
from lab.kkp_api.refusals import PROJECT_NOT_READY, forbidden, no_admin, no_member, not_found
from lab.kkp_api.services import Services

JSON = dict[str, Any]

OWNERS, EDITORS, VIEWERS, MANAGERS = "owners", "editors", "viewers", "projectmanagers"
GROUPS = (OWNERS, EDITORS, VIEWERS, MANAGERS)
ACCOUNT_GROUPS = (EDITORS, VIEWERS, MANAGERS)
_ALL = frozenset(GROUPS)
# Resource → the groups that may read it, and the groups that may change it.
_RIGHTS = {
    "projects": (_ALL, frozenset({OWNERS, MANAGERS})),
    "users": (_ALL, frozenset({OWNERS, MANAGERS})),
    "serviceaccounts": (frozenset({OWNERS, MANAGERS}), frozenset({OWNERS, MANAGERS})),
    "usersshkeys": (frozenset({OWNERS, EDITORS, VIEWERS}), frozenset({OWNERS, EDITORS})),
    "clusters": (frozenset({OWNERS, EDITORS, VIEWERS}), frozenset({OWNERS, EDITORS})),
    "presets": (_ALL, frozenset({OWNERS, EDITORS})),
    "resourcequotas": (_ALL, frozenset()),
}


def role(services: Services, caller: Caller, project: str) -> str | None:
    """The caller's group in a project."""
    if caller.project:
        account = services.store.get("serviceaccount", caller.account)
        return account["group"] if account and caller.project == project else None
    member = services.store.get("member", f"{project}/{caller.email}")
    return member["group"] if member else None


def project(services: Services, call: Call, *, resource: str, verb: str = "get", unready: bool = False) -> JSON:
    """The project of the path, for a caller who may do this in it.

    Args:
        verb: get, list, create, update, patch or delete.
        unready: also one that is not active.

    Raises:
        RefusalError: 404, 403 or 503.
    """
    key = call.path["project_id"]
    found = services.store.get("project", key)
    if found is None:
        raise not_found("projects.kubermatic.k8c.io", key)
    allowed(services, call.caller, key, resource=resource, verb=verb)
    if found["status"] != "Active" and not unready:
        raise PROJECT_NOT_READY
    return found


def allowed(services: Services, caller: Caller, key: str, *, resource: str, verb: str) -> None:
    """Refuse a caller who may not do this.

    Raises:
        RefusalError: 403.
    """
    if caller.is_admin:
        return
    group = role(services, caller, key)
    if group is None:
        raise no_member(caller.email, key)
    readers, writers = _RIGHTS[resource]
    if group not in (readers if verb in ("get", "list") else writers):
        raise forbidden(caller.email, verb=verb, resource=resource)


def admin(call: Call) -> None:
    """Refuse everybody who is no administrator.

    Raises:
        RefusalError: 403.
    """
    if not call.caller.is_admin:
        raise no_admin(call.caller.email)
