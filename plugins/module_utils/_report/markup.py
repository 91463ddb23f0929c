# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTML and XML as a tree of values. Text becomes markup in one place only, and there it is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from .escape import html

_VOID = frozenset({"meta", "br", "col"})
_RAW = "style"


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a page.

    Attributes:
        tag: its name.
        attributes: values are escaped when written.
        children: elements and texts; texts are escaped when written.
    """

    tag: str
    attributes: Mapping[str, str]
    children: tuple[Node, ...]


Node: TypeAlias = "Element | str"


def el(tag: str, *children: Node, **attributes: str) -> Element:
    """An element. Names of attributes lose a final underscore (``class_``), and others become hyphens (``aria_label``)."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    return Element(tag, named, children)


def document(root: Element) -> str:
    """The whole page with its document type."""
    return f"<!doctype html>\n{''.join(_write(root))}\n"


def xml_document(root: Element) -> str:
    """The whole XML 1.0 document. The escapes of HTML that are used here are XML's, and characters that XML forbids are spelled out."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{"".join(_write(root))}\n'


def _write(node: Node) -> Iterator[str]:
    if isinstance(node, str):
        yield html(node)
        return
    attributes = "".join(f' {name}="{html(value)}"' for name, value in node.attributes.items())
    yield f"<{node.tag}{attributes}>"
    if node.tag in _VOID:
        return
    for child in node.children:
        if node.tag == _RAW and isinstance(child, str):
            yield _style(child)
        else:
            yield from _write(child)
    yield f"</{node.tag}>"


def _style(sheet: str) -> str:
    """A style sheet as it is: HTML has no escapes inside the element, so a sheet that could end it is refused."""
    if "<" in sheet:
        raise ValueError("a style sheet must not hold '<': it could close its element")
    return sheet
