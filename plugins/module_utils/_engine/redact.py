# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps secrets out of evidence. Source: design section 4.3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

JSON = Any

HIDDEN = "(redacted)"

_NOISE = frozenset({"managedFields"})
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SECRET_KEY = re.compile(
    r"(?i)(pass(word|wd|phrase)?|secret(access)?key|private_?key|client-?key(-data)?|api_?key|bearer|authorization|\w*token)"
)
_TOKEN = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|(?<=Bearer )\S+|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*-----END [A-Z ]*PRIVATE KEY-----"
)


def redacted(value: JSON) -> JSON:
    """A JSON value without secrets and without field management.

    Hidden are: the data of Secrets; values under names that secrets have; JSON web tokens, bearer tokens and private keys inside any
    text; the last applied configuration, which repeats an object with all that it holds.
    """
    if isinstance(value, Mapping):
        hidden = {"data", "stringData"} if value.get("kind") == "Secret" else set()
        return {str(key): HIDDEN if _hide(str(key), item, hidden) else redacted(item) for key, item in value.items() if key not in _NOISE}
    if isinstance(value, list | tuple):
        return [redacted(item) for item in value]
    return _TOKEN.sub(HIDDEN, value) if isinstance(value, str) else value


def _hide(key: str, value: JSON, hidden: set[str]) -> bool:
    return key in hidden or key == _LAST_APPLIED or (isinstance(value, str) and _SECRET_KEY.fullmatch(key) is not None)
