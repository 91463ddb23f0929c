# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PRODUCT.yaml as the validator's types see it, with the line of every value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

_CAMEL = (re.compile(r"(.)([A-Z][a-z]+)"), re.compile(r"([a-z0-9])([A-Z])"))
_FIELDS = ("id", "description", "level", "status", "notes")


class ShapeError(Exception):
    """The document cannot be read as a checklist.

    Attributes:
        rule: the rule that this breaks.
        line: where, from 1; None for the file as a whole.
        where: place in the document.
        found: what stands there.
        expected: what should.
    """

    def __init__(self, *, rule: str, line: int | None, where: str, found: str, expected: str) -> None:
        super().__init__(f"{where}: found {found}, expected {expected}")
        self.rule = rule
        self.line = line
        self.where = where
        self.found = found
        self.expected = expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A scalar and its line, counted from 1."""

    value: Any
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One requirement as the product gives it.

    Attributes:
        category: key under ``spec``.
        line: where the entry begins.
        fields: id, description, level, status and notes as text, where they are there.
        evidence: the list's texts.
    """

    category: str
    line: int
    fields: Mapping[str, Value]
    evidence: tuple[Value, ...]

    def text(self, field: str) -> str:
        """A field's text; empty where it is missing, as the validator's Go types have it."""
        value = self.fields.get(field)
        return "" if value is None else str(value.value)

    def line_of(self, field: str) -> int:
        """The field's line, or the entry's where the field is missing."""
        value = self.fields.get(field)
        return self.line if value is None else value.line

    @property
    def where(self) -> str:
        """Place in the document, for messages."""
        return f"spec.{self.category}.{self.text('id') or '(no id)'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The file.

    Attributes:
        metadata: as written, camelCase or snake_case.
        categories: the keys under ``spec`` with their lines.
        entries: all requirements in order.
    """

    metadata: Mapping[str, Value]
    categories: Mapping[str, int]
    entries: tuple[Entry, ...]

    def meta(self, key: str) -> Value | None:
        """A metadata value by its camelCase name; the file may spell it in snake_case."""
        return self.metadata.get(key) or self.metadata.get(snake_case(key))


def snake_case(key: str) -> str:
    """``k8sConformanceUrl`` as ``k8s_conformance_url``, by the validator's two expressions."""
    for pattern in _CAMEL:
        key = pattern.sub(r"\1_\2", key)
    return key.lower()


def parse(content: str) -> Document:
    """Reads a document.

    Raises:
        ShapeError: it is no YAML, or not of the checklist's shape.
    """
    try:
        root = yaml.compose(content, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = str(getattr(error, "problem", None) or error).removeprefix("found ")
        raise ShapeError(rule="A2", line=mark.line + 1 if mark else None, where="the file", found=problem, expected="YAML") from error
    if root is None:
        raise ShapeError(rule="A2", line=None, where="the file", found="nothing", expected="metadata and spec")
    top = {str(key.value): value for key, value in _pairs(root, where="the file")}
    for name in ("metadata", "spec"):
        if name not in top:
            raise ShapeError(rule="A2", line=None, where="the file", found=f"no {name}", expected="metadata and spec")
    categories = list(_pairs(top["spec"], where="spec"))
    return Document(
        metadata={str(key.value): _plain(value) for key, value in _pairs(top["metadata"], where="metadata")},
        categories={str(key.value): _line(key) for key, _ in categories},
        entries=tuple(entry for key, value in categories for entry in _entries(value, category=str(key.value))),
    )


def _entries(node: yaml.Node, *, category: str) -> Iterator[Entry]:
    for item in _items(node, where=f"spec.{category}"):
        fields: dict[str, Value] = {}
        evidence: tuple[Value, ...] = ()
        pairs = list(_pairs(item, where=f"spec.{category}"))
        identifier = next((value.value for key, value in pairs if key.value == "id" and isinstance(value, yaml.ScalarNode)), "(no id)")
        where = f"spec.{category}.{identifier}"
        for key, value in pairs:
            name = str(key.value)
            if name == "evidence":
                evidence = _evidence(value, where=f"{where}.evidence")
            elif name in _FIELDS:
                fields[name] = _text(value, where=f"{where}.{name}")
        yield Entry(category=category, line=_line(item), fields=fields, evidence=evidence)


def _evidence(node: yaml.Node, *, where: str) -> tuple[Value, ...]:
    if isinstance(node, yaml.ScalarNode) and not _null(node):
        raise ShapeError(rule="T4", line=_line(node), where=where, found=f"the text {node.value!r}", expected="a list of texts: [] or - …")
    return () if _null(node) else tuple(_text(item, where=where) for item in _items(node, where=where))


def _items(node: yaml.Node, *, where: str) -> list[yaml.Node]:
    if not isinstance(node, yaml.SequenceNode):
        raise ShapeError(rule="A2", line=_line(node), where=where, found=_kind(node), expected="a list")
    return list(node.value)


def _pairs(node: yaml.Node, *, where: str) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise ShapeError(rule="A2", line=_line(node), where=where, found=_kind(node), expected="a mapping")
    seen: set[str] = set()
    for key, value in node.value:
        if key.value in seen:
            raise ShapeError(rule="A2", line=_line(key), where=where, found=f"the key {key.value!r} twice", expected="every key once")
        seen.add(key.value)
        yield key, value


def _text(node: yaml.Node, *, where: str) -> Value:
    if not isinstance(node, yaml.ScalarNode):
        raise ShapeError(rule="A2", line=_line(node), where=where, found=_kind(node), expected="a text")
    return Value(value="" if _null(node) else node.value, line=_line(node))


def _plain(node: yaml.Node) -> Value:
    try:
        return Value(value=yaml.SafeLoader("").construct_object(node, deep=True), line=_line(node))
    except yaml.YAMLError as error:
        raise ShapeError(rule="A2", line=_line(node), where="metadata", found=f"the tag {node.tag}", expected="plain values") from error


def _kind(node: yaml.Node) -> str:
    return {yaml.ScalarNode: "a single value", yaml.SequenceNode: "a list", yaml.MappingNode: "a mapping"}[type(node)]


def _null(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
