# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps secrets out of messages, results and diffs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

JSON = Any

HIDDEN = "(redacted)"

_SECRET_KEY = re.compile(
    r"(?i)\w*(pass(word|wd|phrase)|secret|secret_?access_?key|private_?key|client_?key(_?data)?|api_?key|bearer|authorization|token)"
)
_SECRET_TEXT = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|(?<=Bearer )[\w.~+/=-]{8,}|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*-----END [A-Z ]*PRIVATE KEY-----"
)
_SHORTEST_SECRET = 4


class Redactor:
    """Hides the secrets that it was told of, and what looks like one.

    Args:
        secrets: values that may appear nowhere. Very short ones are ignored, because hiding them would hide half of every message.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted({text for text in secrets if len(text) >= _SHORTEST_SECRET}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """A text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return _SECRET_TEXT.sub(HIDDEN, text)

    def value(self, value: JSON) -> JSON:
        """A JSON value without secrets: neither known ones, nor texts under names that secrets have."""
        if isinstance(value, Mapping):
            return {str(key): HIDDEN if _hide(str(key), item) else self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return self.text(value) if isinstance(value, str) else value


def _hide(key: str, value: JSON) -> bool:
    return isinstance(value, str) and bool(value) and _SECRET_KEY.fullmatch(key) is not None
