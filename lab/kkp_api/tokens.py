# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed tokens: JSON Web Tokens (RFC 7519) with HMAC-SHA-256 (RFC 7518, HS256), as KKP's service accounts have them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Any

_HEADER = {"alg": "HS256", "typ": "JWT"}


class BadTokenError(Exception):
    """A token that this key did not sign, or that is out of date."""


def sign(claims: dict[str, Any], key: bytes) -> str:
    """A token with these claims.

    Args:
        key: at least 32 bytes.
    """
    text = ".".join(_encoded(json.dumps(part, separators=(",", ":")).encode()) for part in (_HEADER, claims))
    return f"{text}.{_encoded(hmac.digest(key, text.encode(), hashlib.sha256))}"


def verify(token: str, key: bytes) -> dict[str, Any]:
    """The claims of a token.

    Raises:
        BadTokenError: with the reason, never with the token.
    """
    text, _, signature = token.rpartition(".")
    try:
        header, payload = (json.loads(_decoded(part)) for part in text.split("."))
        given = _decoded(signature)
    except (ValueError, binascii.Error) as exc:
        raise BadTokenError("malformed jwt") from exc
    if header != _HEADER or not hmac.compare_digest(given, hmac.digest(key, text.encode(), hashlib.sha256)):
        raise BadTokenError("failed to verify id token signature")
    if not isinstance(payload, dict) or payload.get("exp", 0) < time.time():
        raise BadTokenError("token is expired")
    return payload


def fingerprint(token: str) -> str:
    """What is stored of a token, so that the store does not give it away."""
    return hashlib.sha256(token.encode()).hexdigest()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
