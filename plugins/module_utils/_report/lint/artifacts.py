# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three files that the validator parses by their name: what tests they hold and how each ended."""

from __future__ import annotations

import enum
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from xml.parsers import expat

_GO_RESULT = re.compile(r"^\s*--- (PASS|FAIL|SKIP): (\S+)", re.MULTILINE)


class ArtifactError(Exception):
    """A file with a reserved name that does not hold what the name promises."""


class Outcome(enum.StrEnum):
    """How a test ended, worst last."""

    SKIPPED = "skipped"
    PASSED = "passed"
    FAILED = "failed"


def is_reserved(name: str) -> bool:
    """Whether the validator would parse a file of this base name."""
    return name.lower() in _PARSERS


def read(name: str, content: bytes) -> Mapping[str, Outcome]:
    """Top-level tests of an artefact and how they ended; a test with a failed subtest failed.

    Args:
        name: the file's base name.
        content: its bytes.

    Raises:
        ArtifactError: it cannot be parsed, or holds no test.
    """
    outcomes: dict[str, Outcome] = {}
    order = list(Outcome)
    for test, outcome in _PARSERS[name.lower()](content):
        top = test.partition("/")[0]
        outcomes[top] = max(outcomes.get(top, outcome), outcome, key=order.index)
    if not outcomes:
        raise ArtifactError("no test in it")
    return outcomes


def _junit(content: bytes) -> Iterator[tuple[str, Outcome]]:
    found: list[tuple[str, Outcome]] = []
    depth: list[str] = []

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if not depth and tag not in {"testsuites", "testsuite"}:
            raise ArtifactError(f"its root is <{tag}>, expected <testsuites> or <testsuite>")
        depth.append(tag)
        if tag == "testcase":
            found.append((attributes.get("name", ""), Outcome.PASSED))
        elif found and depth[-2] == "testcase" and tag in {"failure", "error", "skipped"}:
            found[-1] = (found[-1][0], Outcome.SKIPPED if tag == "skipped" else Outcome.FAILED)

    def end(_tag: str) -> None:
        depth.pop()

    def doctype(*_: object) -> None:
        raise ArtifactError("it declares a document type, which JUnit files have no use for")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = start, end, doctype
    try:
        parser.ParseFile(io.BytesIO(content))
    except expat.ExpatError as error:
        raise ArtifactError(f"it is no XML: {error}") from error
    yield from found


def _go_json(content: bytes) -> Iterator[tuple[str, Outcome]]:
    outcomes = {"pass": Outcome.PASSED, "fail": Outcome.FAILED, "skip": Outcome.SKIPPED}
    for number, line in enumerate(_text(content).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            event = json.loads(line)
        except ValueError as error:
            raise ArtifactError(f"line {number} is no JSON, expected the lines of go test -json") from error
        if isinstance(event, dict) and event.get("Test") and event.get("Action") in outcomes:
            yield str(event["Test"]), outcomes[event["Action"]]


def _go_log(content: bytes) -> Iterator[tuple[str, Outcome]]:
    outcomes = {"PASS": Outcome.PASSED, "FAIL": Outcome.FAILED, "SKIP": Outcome.SKIPPED}
    yield from ((match[2], outcomes[match[1]]) for match in _GO_RESULT.finditer(_text(content)))


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ArtifactError("it is no UTF-8 text") from error


_PARSERS: Mapping[str, Callable[[bytes], Iterator[tuple[str, Outcome]]]] = {
    "junit.xml": _junit,
    "results.json": _go_json,
    "e2e.log": _go_log,
}
