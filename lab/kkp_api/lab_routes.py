# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is the lab's own and no part of KKP's API: people and their tokens, and faults for tests. For administrators only."""

from __future__ import annotations

from lab.kkp_api import access
from lab.kkp_api.calls import Call, Operation, Reply
from lab.kkp_api.refusals import bad
from lab.kkp_api.services import Services

FAULTS = "/lab/faults"
USERS = "/lab/users"


def _armed(services: Services, call: Call) -> Reply:
    access.admin(call)
    return Reply(services.faults.armed())


def _arm(services: Services, call: Call) -> Reply:
    access.admin(call)
    return Reply(services.faults.arm(call.document()), status=201)


def _disarm(services: Services, call: Call) -> Reply:
    access.admin(call)
    services.faults.clear()
    return Reply()


def _add_user(services: Services, call: Call) -> Reply:
    access.admin(call)
    body = call.document()
    email = body.get("email")
    if not isinstance(email, str) or "@" not in email or email.startswith("serviceaccount-"):
        raise bad("email: a person's address is expected")
    token = services.identity.user_token(email, name=str(body.get("name") or ""), is_admin=body.get("isAdmin") is True)
    return Reply({"email": email, "token": token}, status=201)


OPERATIONS = (
    Operation("GET", FAULTS, _armed),
    Operation("POST", FAULTS, _arm),
    Operation("DELETE", FAULTS, _disarm),
    Operation("POST", USERS, _add_user),
)
