# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes text that comes from a cluster harmless in every format that a report is written in.

Names, messages, logs and attributes are written by whoever can create objects in the cluster under test. None of them may start
markup, load anything, hide itself, or look like a line of the report.
"""

from __future__ import annotations

import html as _html
import re
import unicodedata

# Categories that a reader cannot see or that reorder what stands beside them: controls, format characters (bidirectional
# overrides, zero-width joiners), lone surrogates, private use, line and paragraph separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# What else than printable ASCII needs a look at its category; a report has millions of characters.
_UNCOMMON = re.compile(r"[^\x20-\x7e]")
_MARKDOWN = re.compile(r"([\\`*\[\]<>|~&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[#+=-])")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?= |$)")
_BACKTICKS = re.compile(r"`+")


def visible(text: str, *, keep: str = "") -> str:
    """The text with every invisible character spelled out by its code point, as Python would write it.

    Args:
        text: anything.
        keep: characters to leave as they are, e.g. a newline where the format has lines.
    """

    def shown(found: re.Match[str]) -> str:
        char = found[0]
        return char if char in keep or unicodedata.category(char) not in _INVISIBLE else _spelled(char)

    return _UNCOMMON.sub(shown, text)


def one_line(text: str) -> str:
    """The text as one visible line: runs of white space become one space."""
    return visible(" ".join(text.split()))


def html(text: str) -> str:
    """The text for an element or a quoted attribute of HTML or XML. Newlines and tabs stay: only preformatted elements show them."""
    return _html.escape(visible(text, keep="\n\t"), quote=True)


def markdown(text: str) -> str:
    """The text as one line of Markdown prose or one table cell: no emphasis, link, image, HTML, heading or cell border comes of it.

    Only what would mean something is escaped, so that the page also reads well as it is: an underscore inside a word, a hyphen or a
    number inside a line mean nothing. Source: CommonMark 0.31 sections 2.4, 4 and 6, and GFM section 6.9: a bare address turns into a
    link without any markup, so its slashes are written as entities.
    """
    escaped = _NUMBERED.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", one_line(text)))
    return escaped.replace("://", ":&#47;&#47;").replace("www.", "www&#46;").replace("@", "&#64;")


def markdown_code(text: str, *, in_table: bool = False) -> str:
    """The text as an inline code span.

    A code span has no escapes, so its fence is longer than any run of backticks inside. A table cuts its cells before it looks for
    code (GFM section 4.10), so there a text with a bar is escaped as prose instead.
    """
    line = one_line(text)
    if not line or (in_table and "|" in line):
        return markdown(line)
    fence = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(line)), default=0))
    padding = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{padding}{line}{padding}{fence}"


def markdown_block(text: str, *, language: str = "") -> str:
    """The text as a fenced code block whose fence no line of it can close."""
    body = visible(text, keep="\n\t").rstrip("\n")
    fence = "`" * max(3, 1 + max((len(run) for run in _BACKTICKS.findall(body)), default=0))
    return f"{fence}{language}\n{body}\n{fence}"


def _spelled(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
