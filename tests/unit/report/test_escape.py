# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from a cluster stays text, whatever it tries. Markdown is judged by a CommonMark parser, not by looking at it."""

from __future__ import annotations

from xml.parsers import expat

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._report import escape
from markdown_it import MarkdownIt

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "![x](http://tracker.invalid/p.png)",
    "[click](javascript:alert(1))",
    "`code` and ``more`` and ```fence```",
    "a | b | c",
    "x\\| <img src=http://tracker.invalid/> |",
    "# heading\n\n- item\n\n| a |\n|---|",
    "end\n```\n<script>alert(1)</script>",
    "see http://tracker.invalid/ or www.tracker.invalid or a@tracker.invalid",
    "admin\u202egnp.exe",
    "a\x00b\x1b[31mred\x07",
    "zero\u200bwidth",
    "*bold* _it_ ~~no~~ &lt; &#60;",
    "\\",
    "trailing`",
    "- item",
    "+ item",
    "1. item",
    "12) item",
    "=====",
    "-----",
    "_a_ a_b _ __x__",
    "***",
    "![a](b)",
    "<http://tracker.invalid>",
    "",
]


def tokens(markdown: str) -> set[str]:
    """Types of all block and inline tokens, with GFM's tables, strike-through and bare addresses switched on."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return {token.type for block in parser.parse(markdown) for token in (block, *(block.children or ()))}


@pytest.mark.parametrize("text", HOSTILE)
def test_prose_stays_one_plain_paragraph(text: str) -> None:
    plain = {"paragraph_open", "inline", "text", "text_special", "paragraph_close"}
    assert tokens(f"before {escape.markdown(text)} after") <= plain


@pytest.mark.parametrize("text", HOSTILE)
def test_prose_at_the_start_of_a_line_stays_prose(text: str) -> None:
    assert tokens(f"title\n{escape.markdown(text)}\n") <= {
        "paragraph_open",
        "inline",
        "text",
        "text_special",
        "softbreak",
        "paragraph_close",
    }


@pytest.mark.parametrize("text", [*HOSTILE, "1. x", "17) x", "143. nodes", "123456789. x", "7.", "- x", "+ x", "99.5", "1.5 s"])
def test_prose_at_the_start_of_a_block_stays_prose(text: str) -> None:
    if escape.one_line(text):
        assert tokens(escape.markdown(text)) <= {"paragraph_open", "inline", "text", "text_special", "paragraph_close"}


@pytest.mark.parametrize("number", ["99.5", "0.46", "1.5 times", "v1.34"])
def test_a_number_is_written_as_it_is(number: str) -> None:
    assert escape.markdown(number) == number


@pytest.mark.parametrize("text", HOSTILE)
def test_prose_reads_as_the_text_it_was(text: str) -> None:
    rendered = MarkdownIt("commonmark").parse(f"before {escape.markdown(text)} after")[1].children or []
    assert "".join(token.content for token in rendered) == f"before {escape.one_line(text)} after"


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("cell", [escape.markdown, lambda text: escape.markdown_code(text, in_table=True)], ids=["prose", "code"])
def test_a_cell_never_leaves_its_row(text: str, cell: object) -> None:
    assert callable(cell)
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    blocks = parser.parse(f"| a | b |\n|---|---|\n| {cell(text)} | last |")
    kinds = [block.type for block in blocks]
    assert kinds.count("tr_open") == 2
    assert kinds.count("td_open") == 2
    cells = [block for block in blocks if block.type == "inline"]
    assert cells[-1].content == "last"
    assert {child.type for inline in cells for child in inline.children or ()} <= {"text", "text_special", "code_inline"}


@pytest.mark.parametrize("text", HOSTILE)
def test_inline_code_is_one_code_span(text: str) -> None:
    if escape.one_line(text):
        assert tokens(f"x {escape.markdown_code(text)} y") == {"paragraph_open", "inline", "text", "code_inline", "paragraph_close"}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_block_cannot_be_closed_from_inside(text: str) -> None:
    assert tokens(f"{escape.markdown_block(text, language='json')}\n") == {"fence"}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_bare_address_becomes_a_link(text: str) -> None:
    escaped = escape.markdown(text)
    assert "://" not in escaped
    assert "www." not in escaped
    assert "@" not in escaped


@pytest.mark.parametrize("text", HOSTILE)
def test_html_has_no_character_that_markup_needs(text: str) -> None:
    assert not set(escape.html(text)) & set("<>\"'\u202e\x00\x1b")


@pytest.mark.parametrize("text", HOSTILE)
def test_xml_parses_again(text: str) -> None:
    read: list[str] = []
    parser = expat.ParserCreate()
    parser.CharacterDataHandler = read.append
    parser.Parse(f"<a>{escape.html(text)}</a>")
    assert "".join(read) == escape.visible(text, keep="\n\t")


def test_what_cannot_be_seen_is_spelled_out() -> None:
    assert escape.visible("a\u202eb\x00\U000e0001\n") == "a\\u202eb\\u0000\\U000e0001\\u000a"
    assert escape.visible("a\nb", keep="\n") == "a\nb"
    assert escape.one_line(" a \n\t b ") == "a b"
    assert escape.visible("Ünïcode – 日本") == "Ünïcode – 日本"
