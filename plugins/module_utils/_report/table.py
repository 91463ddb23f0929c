# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary of a run as text: requirement, verdict, fidelity, seconds, one sentence. For terminals, logs and pipes."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .escape import one_line

Paint = Callable[[str, str], str]
"""Colours a padded cell: verdict, cell → cell. Must add no visible characters."""

_HEADINGS = ("requirement", "verdict", "fidelity", "seconds", "in one sentence")
_GAP = "  "
_SENTENCE_MIN = 24
_INDENT = "    "


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One requirement.

    Attributes:
        requirement: its id.
        verdict: pass, fail, inconclusive, not_run or error.
        fidelity: real, partial or simulated.
        seconds: how long its checks took; None where nothing ran.
        sentence: what was found, for people.
    """

    requirement: str
    verdict: str
    fidelity: str
    seconds: float | None
    sentence: str


def render(rows: Sequence[Row], *, width: int, unicode: bool = True, paint: Paint | None = None) -> list[str]:
    """The table as lines without trailing white space.

    Where the sentence would get less than a readable column, each row becomes a line of facts and its sentence below.

    Args:
        rows: what to show, in order.
        width: columns of the terminal.
        unicode: whether the terminal takes more than ASCII.
        paint: colours the verdict; None for no colour.
    """
    cells = [
        [printable(cell, unicode=unicode) for cell in (row.requirement, row.verdict, row.fidelity, _seconds(row), row.sentence)]
        for row in rows
    ]
    widths = [max(columns(line[index]) for line in (_HEADINGS, *cells)) for index in range(4)]
    left = width - sum(widths) - 4 * len(_GAP)
    painted = paint or (lambda _verdict, cell: cell)
    lines = (
        _wide(cells, widths=widths, left=left, rule="─" if unicode else "-", paint=painted)
        if left >= _SENTENCE_MIN
        else _narrow(cells, width=width, paint=painted)
    )
    return [line.rstrip() for line in lines]


def columns(text: str) -> int:
    """Terminal columns that a visible text takes: two for a wide East Asian character, none for a combining one."""
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def printable(text: str, *, unicode: bool) -> str:
    """The text as one line that moves no cursor; characters that the terminal does not have are spelled out."""
    line = one_line(text)
    return line if unicode else line.encode("ascii", "backslashreplace").decode("ascii")


def wrap(text: str, width: int) -> Iterator[str]:
    """The words of a text in lines of at most ``width`` columns; a word that is longer is cut."""
    line = ""
    for word in _pieces(text, width):
        if line and columns(line) + 1 + columns(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def _wide(cells: Sequence[Sequence[str]], *, widths: Sequence[int], left: int, rule: str, paint: Paint) -> Iterator[str]:
    yield _GAP.join((*(_padded(heading, widths[index], right=index == 3) for index, heading in enumerate(_HEADINGS[:4])), _HEADINGS[4]))
    yield _GAP.join((*(rule * size for size in widths), rule * min(left, max(columns(line[4]) for line in (_HEADINGS, *cells)))))
    margin = " " * (sum(widths) + 4 * len(_GAP))
    for line in cells:
        first, *more = wrap(line[4], left)
        facts = [_padded(line[index], widths[index], right=index == 3) for index in range(4)]
        facts[1] = paint(line[1], facts[1])
        yield _GAP.join((*facts, first))
        yield from (f"{margin}{rest}" for rest in more)


def _narrow(cells: Sequence[Sequence[str]], *, width: int, paint: Paint) -> Iterator[str]:
    for requirement, verdict, fidelity, seconds, sentence in cells:
        yield from wrap(requirement, width)
        yield f"{_INDENT}{paint(verdict, verdict)} ({fidelity}, {seconds} s)"
        yield from (f"{_INDENT}{line}" for line in wrap(sentence, max(width - len(_INDENT), 1)))


def _pieces(text: str, width: int) -> Iterator[str]:
    for word in text.split():
        piece, taken = "", 0
        for char in word:
            more = columns(char)
            if piece and taken + more > width > 1:
                yield piece
                piece, taken = "", 0
            piece, taken = piece + char, taken + more
        yield piece


def _padded(text: str, width: int, *, right: bool = False) -> str:
    padding = " " * (width - columns(text))
    return padding + text if right else text + padding


def _seconds(row: Row) -> str:
    return "-" if row.seconds is None else f"{row.seconds:.1f}"
