# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary reads well at any width, in any encoding, with or without colour."""

from __future__ import annotations

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._report.table import Row, columns, render

ROWS = [
    Row(
        requirement="dra_support",
        verdict="pass",
        fidelity="simulated",
        seconds=12.345,
        sentence="8 of 8 checks passed, each with a control that failed",
    ),
    Row(
        requirement="gang_scheduling",
        verdict="not_run",
        fidelity="real",
        seconds=None,
        sentence="no queue controller: found none, expected Kueue – see its role",
    ),
]


def test_a_wide_terminal_gets_one_line_per_requirement() -> None:
    assert render(ROWS, width=120) == [
        "requirement      verdict  fidelity   seconds  in one sentence",
        "───────────────  ───────  ─────────  ───────  ──────────────────────────────────────────────────────────────",
        "dra_support      pass     simulated     12.3  8 of 8 checks passed, each with a control that failed",
        "gang_scheduling  not_run  real             -  no queue controller: found none, expected Kueue – see its role",
    ]


def test_a_long_sentence_wraps_in_its_own_column() -> None:
    lines = render(ROWS[:1], width=80)
    assert lines[2:] == [
        "dra_support  pass     simulated     12.3  8 of 8 checks passed, each with a",
        "                                          control that failed",
    ]


@pytest.mark.parametrize("width", [20, 30, 50, 65])
def test_a_narrow_terminal_gets_the_facts_above_the_sentence(width: int) -> None:
    lines = render(ROWS, width=width)
    assert lines[:2] == ["dra_support", "    pass (simulated, 12.3 s)"]
    assert all(columns(line) <= max(width, 28) for line in lines)
    assert " ".join(line.strip() for line in lines[2:]).startswith("8 of 8 checks passed, each with a control that failed gang_scheduling")


def test_a_terminal_without_unicode_gets_ascii_only() -> None:
    text = "\n".join(render(ROWS, width=120, unicode=False))
    assert text.isascii()
    assert "Kueue \\u2013 see" in text


def test_only_the_verdict_is_painted_and_the_columns_stay() -> None:
    painted = render(ROWS, width=120, paint=lambda _verdict, cell: f"<{cell}>")
    assert painted[2].startswith("dra_support      <pass   >  simulated")
    assert render(ROWS, width=30, paint=lambda _verdict, cell: f"<{cell}>")[1] == "    <pass> (simulated, 12.3 s)"


def test_wide_characters_count_twice() -> None:
    row = Row(requirement="日本", verdict="fail", fidelity="real", seconds=1.0, sentence="x")
    lines = render([row], width=100)
    assert columns("日本") == 4
    assert columns(lines[2]) == columns(lines[0]) - len("in one sentence") + 1


def test_a_word_longer_than_the_line_is_cut() -> None:
    row = Row(requirement="dra_support", verdict="error", fidelity="real", seconds=0.0, sentence="a" * 100)
    assert all(columns(line) <= 40 for line in render([row], width=40))


def test_text_from_a_cluster_cannot_move_the_cursor() -> None:
    row = Row(requirement="dra_support", verdict="fail", fidelity="real", seconds=0.0, sentence="\x1b[2J\x1b[1;1Hall passed\r\nok")
    text = "\n".join(render([row], width=100))
    assert "\x1b" not in text
    assert "\r" not in text
    assert "\\u001b[2J" in text


def test_nothing_to_show_is_the_heading_alone() -> None:
    assert render([], width=100)[0].startswith("requirement")
