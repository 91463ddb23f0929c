# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents to JSON and back: canonical, typed, and strict about what it does not know."""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import functools
import hashlib
import json
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
JSON = Any

_PLAIN = frozenset({str, int, float, bool})


class MalformedDocumentError(Exception):
    """A document does not have the shape that it should have.

    The message names the place inside the document, what was found and what was expected.
    """


def canonical(value: JSON) -> bytes:
    """The one byte string of a JSON value: sorted keys, no spaces, UTF-8. Digests are taken of this."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def pretty(value: JSON) -> bytes:
    """The same value for a file that people read; just as deterministic."""
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def digest(content: bytes) -> str:
    """``sha256:`` and the digest of the bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def dump(document: object) -> JSON:
    """A document's dataclasses as plain JSON values."""
    # Almost everything in a run is one of these, and they stay as they are.
    if document is None or type(document) in _PLAIN:
        return document
    if dataclasses.is_dataclass(document):
        return {field.name: dump(getattr(document, field.name)) for field in dataclasses.fields(document)}
    if isinstance(document, enum.Enum):
        return document.value
    if isinstance(document, Mapping):
        return {str(key): dump(value) for key, value in document.items()}
    if isinstance(document, tuple | list):
        return [dump(item) for item in document]
    return document


def load(kind: type[T], value: JSON, *, where: str = "$") -> T:
    """Plain JSON values as a document.

    Args:
        kind: the dataclass to make.
        value: what ``json.loads`` gave.
        where: name of the place in error messages.

    Raises:
        MalformedDocumentError: a key is missing or unknown, or a value has another type than its field.
    """
    if not isinstance(value, dict):
        raise MalformedDocumentError(f"{where} is {_name(value)}, expected an object with the fields of {kind.__name__}")
    hints, fields = _shape(typing.cast("Any", kind))
    unknown = sorted(set(value) - set(fields))
    if unknown:
        raise MalformedDocumentError(f"{where} has the unknown key {unknown[0]!r}, expected only {', '.join(fields)}")
    missing = [name for name, field in fields.items() if name not in value and field.default is dataclasses.MISSING]
    if missing:
        raise MalformedDocumentError(f"{where} lacks the key {missing[0]!r}")
    return kind(**{name: _value(hints[name], item, where=f"{where}.{name}") for name, item in value.items()})


@functools.cache
def _shape(kind: type[Any]) -> tuple[Mapping[str, Any], Mapping[str, dataclasses.Field[Any]]]:
    """The types and the fields of a dataclass; types that are text are evaluated once, and not for each of a run's thousands of facts."""
    return typing.get_type_hints(kind), {field.name: field for field in dataclasses.fields(kind)}


def read(kind: type[T], path: Path) -> T:
    """Reads a document from a file.

    Raises:
        MalformedDocumentError: the file is no JSON, or no document of this kind.
        OSError: the file cannot be read.
    """
    try:
        value = json.loads(path.read_bytes())
    except ValueError as problem:
        raise MalformedDocumentError(f"{path} is not JSON: {problem}") from problem
    return load(kind, value, where=str(path))


def _value(hint: Any, value: JSON, *, where: str) -> Any:
    if isinstance(hint, types.UnionType):
        return None if value is None else _value(next(arm for arm in hint.__args__ if arm is not types.NoneType), value, where=where)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return tuple(_value(arguments[0], item, where=f"{where}[{n}]") for n, item in enumerate(_expect(list, value, where=where)))
    if origin is collections.abc.Mapping:
        return {key: _value(arguments[1], item, where=f"{where}.{key}") for key, item in _expect(dict, value, where=where).items()}
    return value if hint is Any else _scalar(hint, value, where=where)


def _scalar(hint: Any, value: JSON, *, where: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return load(typing.cast("type[Any]", hint), value, where=where)
    return _member(hint, value, where=where) if issubclass(hint, enum.Enum) else _expect(hint, value, where=where)


def _member(kind: type[enum.Enum], value: JSON, *, where: str) -> enum.Enum:
    try:
        return kind(value)
    except ValueError as problem:
        raise MalformedDocumentError(
            f"{where} is {value!r}, expected one of {', '.join(str(member.value) for member in kind)}"
        ) from problem


def _expect(kind: type[T], value: JSON, *, where: str) -> T:
    accepted: tuple[type[Any], ...] = (int, float) if kind is float else (kind,)
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise MalformedDocumentError(f"{where} is {_name(value)}, expected {kind.__name__}")
    return typing.cast("T", value)


def _name(value: JSON) -> str:
    return "null" if value is None else f"a {type(value).__name__} ({json.dumps(value, default=str)[:60]})"
