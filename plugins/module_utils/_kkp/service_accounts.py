# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service accounts of a project and their tokens. Source: KKP API v1, /projects/{p}/serviceaccounts."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from .client import Api, segment
from .projects import by_id_or_name
from .wait import Look, until

JSON = Any

GROUPS = ("viewers", "editors", "projectmanagers")
_ACTIVE = "Active"
_KIND = "sa-token-"
"""What KKP puts before the id in the name of the Secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccount:
    """A service account.

    Attributes:
        id: KKP's own.
        name: unique in its project.
        group: ``viewers``, ``editors`` or ``projectmanagers``.
        status: ``Inactive`` until it has its rights, then ``Active``.
    """

    id: str
    name: str
    group: str
    status: str

    @classmethod
    def of(cls, body: JSON, *, project_id: str) -> ServiceAccount:
        """The account of an answer. KKP returns the group with the project's id behind it."""
        group = str(body.get("group") or "").removesuffix(f"-{project_id}")
        return cls(id=body["id"], name=body["name"], group=group, status=str(body.get("status") or ""))

    def as_result(self) -> dict[str, JSON]:
        """What a task returns."""
        return {"id": self.id, "name": self.name, "group": self.group, "status": self.status}


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token of a service account.

    Attributes:
        id: KKP's own; the token carries it.
        name: unique in its account.
        expiry: RFC 3339.
        invalidated: whether KKP does not accept it any more.
        secret: the token itself; only where KKP has just made it, otherwise empty.
    """

    id: str
    name: str
    expiry: str
    invalidated: bool
    secret: str

    @classmethod
    def of(cls, body: JSON) -> Token:
        """The token of an answer."""
        return cls(
            id=body["id"],
            name=body["name"],
            expiry=str(body.get("expiry") or ""),
            invalidated=bool(body.get("invalidated")),
            secret=str(body.get("token") or ""),
        )

    def __repr__(self) -> str:
        return f"Token({self.name})"

    def as_result(self) -> dict[str, JSON]:
        """What a task returns: everything but the secret."""
        return {"id": self.id, "name": self.name, "expiry": self.expiry, "invalidated": self.invalidated}


class ServiceAccounts:
    """The service accounts of a project."""

    def __init__(self, api: Api, *, project_id: str) -> None:
        self._api = api
        self._project = project_id
        self._path = f"/api/v1/projects/{segment(project_id)}/serviceaccounts"

    def find(self, wanted: str) -> ServiceAccount | None:
        """The account with this id or name; None where there is none."""
        return by_id_or_name([self._of(body) for body in self._api.get(self._path) or []], wanted, what="service account")

    def create(self, *, name: str, group: str) -> ServiceAccount:
        """Makes an account."""
        return self._api.create(self._path, {"name": name, "group": group}, look=lambda: self.find(name), read=self._of)

    def move(self, account: ServiceAccount, *, group: str) -> ServiceAccount:
        """Puts an account into another group."""
        return self._of(self._api.put(self._one(account), {"id": account.id, "name": account.name, "group": group}))

    def delete(self, account: ServiceAccount) -> None:
        """Removes an account and its tokens."""
        self._api.delete(self._one(account))

    def tokens(self, account: ServiceAccount) -> list[Token]:
        """The tokens of an account, without their secrets."""
        return [Token.of(body) for body in self._api.get(f"{self._one(account)}/tokens") or []]

    def find_token(self, account: ServiceAccount, name: str) -> Token | None:
        """The token with this id or name; None where there is none."""
        return by_id_or_name(self.tokens(account), name, what="token")

    def create_token(self, account: ServiceAccount, *, name: str) -> Token:
        """Makes a token. Where the answer is lost the token exists, but its secret can never be read: it is made anew then."""

        def look() -> Token | None:
            lost = self.find_token(account, name)
            return self.regenerate(account, lost) if lost is not None else None

        return self._api.create(f"{self._one(account)}/tokens", {"name": name}, look=look, read=Token.of)

    def regenerate(self, account: ServiceAccount, token: Token) -> Token:
        """Makes a token's secret anew; the present one is refused from then on."""
        return Token.of(self._api.put(f"{self._one(account)}/tokens/{segment(token.id)}", {"id": token.id, "name": token.name}))

    def wait_active(self, account: ServiceAccount, *, seconds: float) -> ServiceAccount:
        """Waits until an account has its rights.

        Raises:
            NotReadyInTimeError: time is up.
        """

        def look() -> Look[ServiceAccount]:
            now = self.find(account.id)
            status = now.status if now else "(gone)"
            return Look(value=now or account, lacks="" if status == _ACTIVE else f"status {status}")

        return until(
            look,
            what=f"service account {account.name}",
            expected=f"status {_ACTIVE}",
            hint=lambda: "the log of KKP's master-controller-manager",
            clock=self._api.clock,
            seconds=seconds,
        )

    def _of(self, body: JSON) -> ServiceAccount:
        return ServiceAccount.of(body, project_id=self._project)

    def _one(self, account: ServiceAccount) -> str:
        return f"{self._path}/{segment(account.id)}"


def is_of(secret: str, token: Token) -> bool:
    """Whether a text is a JSON web token that carries the id of this token. Only KKP can tell whether it is the present one."""
    parts = secret.strip().split(".")
    if len(parts) != 3:
        return False
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return False
    carried = str(claims.get("token_id") or "") if isinstance(claims, dict) else ""
    return bool(carried) and carried.removeprefix(_KIND) == token.id.removeprefix(_KIND)
