# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls: people (in KKP: by OIDC) and service accounts, each by a bearer token."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path

from lab.invoker import give_to_invoker
from lab.kkp_api import tokens, words
from lab.kkp_api.refusals import invalid_token, unauthorized
from lab.kkp_api.store import JSON, Store

ADMIN = "admin@ailab.example"
_YEARS = 365 * 24 * 3600
_BEARER = len("Bearer ")


@dataclass(frozen=True, slots=True)
class Caller:
    """The one who calls.

    Attributes:
        project: a service account's project; empty for people.
        account: a service account's id; empty for people.
    """

    email: str
    is_admin: bool = False
    project: str = ""
    account: str = ""


class Identity:
    """Users and tokens.

    Args:
        directory: holds the signing key and the administrator's token.
    """

    def __init__(self, store: Store, directory: Path) -> None:
        self._store = store
        key = directory / "signing.key"
        if not key.exists():
            _write(key, secrets.token_hex(32))
        self._key = key.read_text().encode()
        token = directory / "admin.token"
        if not token.exists():
            _write(token, self.user_token(ADMIN, is_admin=True))
            give_to_invoker(token)

    def user_token(self, email: str, *, name: str = "", is_admin: bool = False) -> str:
        """Make a person known, and a token for her or him; people come from elsewhere in KKP (OIDC)."""
        known = self._store.get("user", email) or {"id": words.object_id(), "creationTimestamp": words.now()}
        self._store.put("user", email, {**known, "email": email, "name": name or email.partition("@")[0], "isAdmin": is_admin})
        return tokens.sign({"iss": "ailab", "email": email, "sub": email, "exp": int(time.time()) + _YEARS}, self._key)

    def account_token(self, *, project: str, account: str, token_id: str) -> tuple[str, int]:
        """A service account's token and the second of its end, three years from now."""
        issued = int(time.time())
        claims = {"email": account_email(account), "project_id": project, "token_id": token_id, "iat": issued, "nbf": issued}
        # Two tokens of one second differ, so that a new one revokes the old.
        claims["jti"] = secrets.token_hex(8)
        return tokens.sign({**claims, "exp": issued + 3 * _YEARS}, self._key), issued + 3 * _YEARS

    def caller(self, *, authorization: str | None, cookie: str | None) -> Caller:
        """The one who sent these headers.

        Raises:
            RefusalError: 401.
        """
        token = _token(authorization, cookie)
        try:
            claims = tokens.verify(token, self._key)
        except tokens.BadTokenError as exc:
            raise invalid_token(str(exc)) from exc
        if "token_id" in claims:
            return self._account(claims, token)
        user = self._store.get("user", str(claims.get("email")))
        if user is None:
            raise invalid_token("the user is not known")
        return Caller(email=user["email"], is_admin=user["isAdmin"])

    def _account(self, claims: JSON, token: str) -> Caller:
        known = self._store.get("token", claims["token_id"])
        if known is None or known["fingerprint"] != tokens.fingerprint(token):
            raise invalid_token("the token has been revoked for " + claims["email"])
        return Caller(email=claims["email"], project=claims["project_id"], account=known["account"])


def account_email(account: str) -> str:
    """The address under which a service account is a user."""
    return f"serviceaccount-{account}@sa.kubermatic.io"


def _token(authorization: str | None, cookie: str | None) -> str:
    """The token of a request: KKP takes what follows the first seven characters, whatever they are, and the web page's cookies."""
    if authorization and len(authorization) > _BEARER:
        return authorization[_BEARER:]
    jar = SimpleCookie(cookie or "")
    parts = ["token"] if "token" in jar else sorted((name for name in jar if name.startswith("token-")), key=lambda name: (len(name), name))
    if text := "".join(jar[name].value for name in parts):
        return text
    raise unauthorized("haven't found a Bearer token in the Authorization header", "haven't found a token in the cookies")


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)
