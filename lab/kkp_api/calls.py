# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request as the operations see it, and their reply."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.kkp_api.identity import Caller
from lab.kkp_api.refusals import RefusalError

if TYPE_CHECKING:
    from lab.kkp_api.services import Services

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A request by somebody known.

    Attributes:
        path: the path's parameters.
        query: the query's parameters.
        headers: names in lower case.
    """

    caller: Caller
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seed_is_broken: bool = False

    def document(self) -> JSON:
        """The body as a JSON object.

        Raises:
            RefusalError: 500 as in KKP, where a body that cannot be decoded is no mapped error.
        """
        try:
            found = json.loads(self.body)
        except ValueError as exc:
            raise RefusalError(500, "unexpected EOF" if not self.body.strip() else f"invalid character in JSON body: {exc}") from exc
        if not isinstance(found, dict):
            raise RefusalError(500, f"json: cannot unmarshal {type(found).__name__} into an object")
        return found


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered.

    Attributes:
        body: JSON, or bytes that go out as they are.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        """The body's bytes; nothing at all is an empty object in KKP."""
        return self.body if isinstance(self.body, bytes) else json.dumps({} if self.body is None else self.body).encode()


@dataclass(frozen=True, slots=True)
class Operation:
    """A route: method, path with ``{parameters}``, and who answers."""

    method: str
    path: str
    answer: Callable[[Services, Call], Reply]
    is_public: bool = False


def merged(target: Any, patch: Any) -> Any:
    """A JSON merge patch, applied (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def texts(value: Any) -> dict[str, str]:
    """A map of texts, as labels and annotations are.

    Raises:
        RefusalError: it is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(part, str) for pair in value.items() for part in pair):
        raise RefusalError(500, "json: cannot unmarshal into a map of strings")
    return dict(value)


def part(document: Any, *keys: str) -> JSON:
    """A nested object, empty where a step is missing.

    Raises:
        RefusalError: a step is there and is no object.
    """
    for key in keys:
        document = document.get(key) or {}
        if not isinstance(document, dict):
            raise RefusalError(500, f"json: cannot unmarshal field {'.'.join(keys)} into an object")
    found: JSON = document
    return found
