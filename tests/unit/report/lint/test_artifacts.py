# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three reserved file names and what may stand in such a file."""

from __future__ import annotations

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._report.lint.artifacts import ArtifactError, Outcome, is_reserved, read

JUNIT = b"""<?xml version="1.0"?>
<testsuites><testsuite name="s">
  <testcase name="TestA"/><testcase name="TestB"><failure message="m">f</failure></testcase>
  <testcase name="TestC"><skipped/></testcase><testcase name="TestD/sub"><error/></testcase><testcase name="TestD"/>
</testsuite></testsuites>"""


@pytest.mark.parametrize("name", ["junit.xml", "JUNIT.XML", "results.json", "e2e.log"])
def test_reserved_names_are_known_in_any_case(name: str) -> None:
    assert is_reserved(name)


@pytest.mark.parametrize("name", ["ailab-conformance.junit.xml", "junit.xml.md", "e2e-results.log"])
def test_our_own_names_are_free(name: str) -> None:
    assert not is_reserved(name)


def test_junit_outcomes_with_subtests_folded_in() -> None:
    outcomes = {"TestA": Outcome.PASSED, "TestB": Outcome.FAILED, "TestC": Outcome.SKIPPED, "TestD": Outcome.FAILED}
    assert read("junit.xml", JUNIT) == outcomes


def test_a_single_suite_is_a_root_too() -> None:
    assert read("junit.xml", b'<testsuite><testcase name="T"/></testsuite>') == {"T": Outcome.PASSED}


def test_go_json_lines() -> None:
    lines = b'{"Action":"run","Test":"TestA"}\n\n{"Action":"output","Output":"x"}\n{"Action":"pass","Test":"TestA"}\n{"Action":"pass"}\n'
    assert read("results.json", lines) == {"TestA": Outcome.PASSED}


def test_go_log_lines() -> None:
    assert read("e2e.log", b"=== RUN x\n    --- PASS: TestA/b (0.1s)\n--- PASS: TestA (0.2s)\nok\n") == {"TestA": Outcome.PASSED}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("junit.xml", b"<report/>", "its root is <report>"),
        ("junit.xml", b"<testsuites>", "it is no XML"),
        ("junit.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><testsuites/>', "declares a document type"),
        ("junit.xml", b"<testsuite/>", "no test in it"),
        ("results.json", b'{"Action":"pass","Test":"T"}\nPASS\n', "line 2 is no JSON"),
        ("results.json", b"[]\n", "no test in it"),
        ("e2e.log", b"\xff", "no UTF-8"),
        ("e2e.log", b"Ran 9 of 9 Specs\n", "no test in it"),
    ],
)
def test_anything_else_is_refused(name: str, content: bytes, message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        read(name, content)
