# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what the conformance suite of Gateway API says of a run. Pure.

Source: GEP-1709, sigs.k8s.io/gateway-api/conformance/apis/v1 (ConformanceReport), and the output of Go's test programs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from .objects import GROUP

JSON = Any

PROFILE = "GATEWAY-HTTP"
API, KIND = f"{GROUP}/v1", "ConformanceReport"

_START = re.compile(rf"^(?P<indent> *)apiVersion: {re.escape(API)}\s*$")
_TEST = re.compile(r"^ *--- (?P<outcome>PASS|FAIL|SKIP): TestConformance/(?P<name>[^/\s]+) \(")
_TROUBLE = re.compile(r"Error:|panic:|flag provided but not defined|cannot |no such ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """The core part of a profile in a report.

    Attributes:
        result: ``success``, ``partial`` or ``failure``, as the suite says.
        passed: how many tests.
        failed: how many.
        skipped: how many.
        failures: names of those that failed.
        omitted: names of those that were skipped.
    """

    result: str
    passed: int
    failed: int
    skipped: int
    failures: tuple[str, ...]
    omitted: tuple[str, ...]


def in_log(text: str) -> JSON:
    """The last ConformanceReport in the output of a suite, which logs it indented; None where there is none that can be read."""
    lines = text.splitlines()
    starts = [(number, found["indent"]) for number, line in enumerate(lines) if (found := _START.match(line))]
    documents = (in_file("\n".join(_block(lines[number:], indent=indent))) for number, indent in reversed(starts))
    return next((document for document in documents if is_report(document)), None)


def in_file(text: str) -> JSON:
    """The document in a report's file; None where there is none that can be read."""
    try:
        document = yaml.safe_load(text)
        # An unquoted time of day is no JSON.
        document = json.loads(json.dumps(document, default=str))
    except (yaml.YAMLError, TypeError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def outcomes(text: str) -> dict[str, list[str]]:
    """The tests that a suite's output says have ended, by ``PASS``, ``FAIL`` and ``SKIP``."""
    found: dict[str, list[str]] = {"PASS": [], "FAIL": [], "SKIP": []}
    for line in text.splitlines():
        if match := _TEST.match(line):
            found[match["outcome"]].append(match["name"])
    return found


def trouble(text: str, *, lines: int = 5) -> list[str]:
    """The lines of a suite's output that say why it came to nothing; its last ones where none does."""
    every = [line.strip() for line in text.splitlines() if line.strip()]
    said = [line for line in every if _TROUBLE.search(line)]
    return (said or every)[-lines:]


def is_report(document: JSON) -> bool:
    """Whether it is a ConformanceReport."""
    return isinstance(document, dict) and (document.get("apiVersion"), document.get("kind")) == (API, KIND)


def core_of(document: Mapping[str, JSON]) -> Core | None:
    """The core part of the profile; None where a report has not just one, or one that says nothing."""
    profiles = document.get("profiles")
    named = [item for item in profiles if isinstance(item, dict) and item.get("name") == PROFILE] if isinstance(profiles, list) else []
    core = named[0].get("core") if len(named) == 1 else None
    if not isinstance(core, dict) or not isinstance(core.get("statistics"), dict):
        return None
    numbers = [core["statistics"].get(name) for name in ("Passed", "Failed", "Skipped")]
    if not all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers):
        return None
    passed, failed, skipped = (int(number) for number in numbers)
    failures, omitted = _names(core.get("failedTests")), _names(core.get("skippedTests"))
    return Core(result=str(core.get("result")), passed=passed, failed=failed, skipped=skipped, failures=failures, omitted=omitted)


def extended_failures(document: Mapping[str, JSON]) -> tuple[str, ...]:
    """Names of the tests of features beyond the core that failed."""
    parts = (item.get("extended") for item in document.get("profiles") or [] if isinstance(item, dict))
    return tuple(name for part in parts if isinstance(part, dict) for name in _names(part.get("failedTests")))


def implementation(document: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Who was tested; empty where that is not said."""
    found = document.get("implementation")
    return found if isinstance(found, dict) else {}


def with_failure(document: JSON, *, test: str) -> JSON:
    """The same report with one core test that failed; the document itself where it is no such report."""
    if not is_report(document) or core_of(document) is None:
        return document
    return {**document, "profiles": [_failed(item, test) if item.get("name") == PROFILE else item for item in _profiles(document)]}


def _block(lines: Sequence[str], *, indent: str) -> Iterator[str]:
    """The first lines, without their indentation, as far as they have it."""
    for line in lines:
        if not line.startswith(indent) or line[len(indent) :].startswith(("--- ", "=== ")):
            return
        yield line[len(indent) :]


def _profiles(document: Mapping[str, JSON]) -> Sequence[Mapping[str, JSON]]:
    return [item for item in document["profiles"] if isinstance(item, dict)]


def _failed(profile: Mapping[str, JSON], test: str) -> JSON:
    core, statistics = profile["core"], profile["core"]["statistics"]
    counted = {**statistics, "Passed": max(statistics["Passed"] - 1, 0), "Failed": statistics["Failed"] + 1}
    tests = [*_names(core.get("failedTests")), test]
    return {**profile, "core": {**core, "result": "failure", "statistics": counted, "failedTests": tests}}


def _names(found: JSON) -> tuple[str, ...]:
    return tuple(str(name) for name in found) if isinstance(found, list) else ()
