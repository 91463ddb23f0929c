# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of a report that read the same in Markdown and in HTML: written once as values, rendered in each format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from . import html_parts, md_parts
from .escape import markdown
from .markup import Element, Node, el


@dataclass(frozen=True, slots=True)
class Code:
    """A cell in a fixed-width font."""

    text: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A cell with a verdict."""

    word: str


Cell: TypeAlias = str | Code | Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading inside a section."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph of plain words.

    Attributes:
        text: the words.
        strong: whether the reader should see it first.
    """

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table.

    Attributes:
        caption: what it shows.
        heading: one name per column.
        rows: cells by row; the first of each is its heading.
        numbers: columns to align right, from 0.
    """

    caption: str
    heading: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: tuple[int, ...] = ()


Block: TypeAlias = Heading | Paragraph | Table


def page(title: str, blocks: Iterable[Block], *, mark: str | None) -> str:
    """A Markdown page.

    Args:
        title: its heading.
        blocks: what stands under it.
        mark: the watermark of a rehearsal; None for a submission.
    """
    return "\n".join([f"# {title}", "", *md_parts.mark(mark), *in_markdown(blocks)]).rstrip("\n") + "\n"


def in_markdown(blocks: Iterable[Block]) -> Iterator[str]:
    """The lines of a Markdown page, each block followed by a blank one."""
    for block in blocks:
        if isinstance(block, Table):
            yield f"{markdown(block.caption)}:"
            yield ""
            yield from md_parts.table(block.heading, [[_markdown(cell) for cell in row] for row in block.rows])
            continue
        text = markdown(block.text)
        yield f"## {text}" if isinstance(block, Heading) else f"**{text}**" if block.strong else text
        yield ""


def in_html(blocks: Iterable[Block], *, title: str, identifier: str) -> Element:
    """A section of the HTML page."""
    return el("section", el("h2", title), *(_html(block) for block in blocks), id=identifier)


def _markdown(cell: Cell) -> str:
    if isinstance(cell, Code):
        return md_parts.code(cell.text)
    return f"**{markdown(html_parts.named(cell.word))}**" if isinstance(cell, Judged) else markdown(cell)


def _html(block: Block) -> Element:
    if isinstance(block, Heading):
        return el("h3", block.text, class_="inside")
    if isinstance(block, Paragraph):
        return el("p", el("strong", block.text) if block.strong else block.text)
    rows: list[list[Node]] = [[_cell(cell) for cell in row] for row in block.rows]
    return html_parts.table(block.caption, block.heading, rows, numbers=block.numbers)


def _cell(cell: Cell) -> Node:
    if isinstance(cell, Code):
        return html_parts.code(cell.text)
    return html_parts.verdict(cell.word) if isinstance(cell, Judged) else cell
