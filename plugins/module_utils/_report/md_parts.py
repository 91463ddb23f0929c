# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pieces that several Markdown pages are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .escape import markdown, markdown_code


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table of cells that are escaped already, followed by a blank line."""
    yield f"| {' | '.join(heading)} |"
    yield f"|{'---|' * len(heading)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def code(text: str) -> str:
    """A table cell in code."""
    return markdown_code(text, in_table=True)


def mark(words: str | None) -> Iterator[str]:
    """The watermark of a rehearsal, followed by a blank line; nothing for a submission."""
    if words:
        yield f"> **{markdown(words)}**"
        yield ""
