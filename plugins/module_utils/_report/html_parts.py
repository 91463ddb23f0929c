# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pieces that several sections of the HTML page are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .markup import Element, Node, el

_SIGNS = {"pass": "✓", "fail": "✗", "error": "✗", "inconclusive": "?", "not_run": "–", "unverified": "–"}
_WORDS = {"not_run": "not run", "unverified": "not verified"}


def named(word: str) -> str:
    """A verdict as people write it."""
    return _WORDS.get(word, word)


def verdict(word: str) -> Element:
    """A verdict by sign, word and colour, so that none of the three is needed to read it."""
    return el("span", el("span", _SIGNS.get(word, "?"), aria_hidden="true"), f" {named(word)}", class_=f"verdict {word}")


def code(text: str) -> Element:
    """A text in a fixed-width font."""
    return el("code", text)


def facts(rows: Iterable[tuple[str, Node]]) -> Element:
    """Names and values, as a description list."""
    return el("dl", *(node for name, value in rows for node in (el("dt", name), el("dd", value))))


def table(caption: str, heading: Sequence[str], rows: Iterable[Sequence[Node]], *, numbers: Sequence[int] = ()) -> Element:
    """A table that scrolls by itself on a narrow screen, also by keyboard. The first cell of each row is its heading.

    Args:
        caption: what the table shows.
        heading: one name per column.
        rows: cells by row.
        numbers: columns to align right, from 0.
    """

    def cell(tag: str, content: Node, index: int, **attributes: str) -> Element:
        return el(tag, content, **attributes, **({"class_": "number"} if index in numbers else {}))

    head = el("tr", *(cell("th", name, index, scope="col") for index, name in enumerate(heading)))
    body = (
        el("tr", *(cell("td", content, index) if index else el("th", content, scope="row") for index, content in enumerate(row)))
        for row in rows
    )
    whole = el("table", el("caption", caption), el("thead", head), el("tbody", *body))
    return el("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)
