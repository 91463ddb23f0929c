# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids, times and texts in the forms that KKP gives them."""

from __future__ import annotations

import secrets
import string
from datetime import UTC, datetime

_LETTERS = string.ascii_lowercase
_ALPHANUMERICS = string.ascii_lowercase + string.digits


def now() -> str:
    """This moment, RFC 3339 in UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def object_id() -> str:
    """An id that is a DNS label: a letter and nine letters or digits, as of projects and clusters."""
    return secrets.choice(_LETTERS) + suffix(9)


def suffix(length: int = 5) -> str:
    """Random lower-case letters and digits."""
    return "".join(secrets.choice(_ALPHANUMERICS) for _ in range(length))
