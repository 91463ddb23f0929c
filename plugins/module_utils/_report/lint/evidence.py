# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about the evidence lists: A11, B2–B4, T6, T8, T9."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import Status, minor_of

from . import artifacts
from .context import Context
from .document import Entry, Value
from .finding import Finding, Severity, shown
from .metadata import is_reserved_address

_WEB = ("http://", "https://")
_FILE_SCHEME = "file://"
_PRODUCT_FOLDER = re.compile(r"(v\d+\.\d+/[^/]+)/")
# The first version whose template recommends file:// and fragments; older validators take both literally.
_ARTEFACTS_SINCE = 37
_AUTOMATED = {
    "secure_accelerator_access": "TestSecureAcceleratorAccess",
    "gang_scheduling": "TestGangScheduling",
    "cluster_autoscaling": "TestAcceleratorClusterAutoscaling",
}
"""Requirements that validator B expects a test artefact for, and the official suite's test of each."""


def check(context: Context) -> Iterator[Finding]:
    """All findings about evidence."""
    for entry in context.document.entries:
        for item in entry.evidence:
            yield from _item(context, entry, item)
        yield from _whole(context, entry)


def _whole(context: Context, entry: Entry) -> Iterator[Finding]:
    where, texts = f"{entry.where}.evidence", [str(item.value) for item in entry.evidence]
    if texts and all(text.startswith(_WEB) for text in texts):
        expected = "a file beside PRODUCT.yaml as well: protected pages answer the validator with 403"
        yield context.finding("T8", where=where, line=entry.evidence[0].line, found="web pages only", expected=expected)
    implemented = entry.text("status") == Status.IMPLEMENTED
    late = minor_of(context.specification.version) >= _ARTEFACTS_SINCE
    if implemented and late and entry.text("id") in _AUTOMATED and not any(artifacts.is_reserved(_base_name(text)) for text in texts):
        expected = f"junit.xml, results.json or e2e.log of the official suite with {_AUTOMATED[entry.text('id')]}"
        yield context.finding("B4", where=where, line=entry.line, found="no test artefact", expected=expected)


def _item(context: Context, entry: Entry, item: Value) -> Iterator[Finding]:
    text, where = str(item.value), f"{entry.where}.evidence"
    if text.startswith(_WEB):
        if is_reserved_address(text):
            yield context.finding("T9", where=where, line=item.line, found=shown(text), expected="an address of the product's own")
        elif context.reach and (problem := context.reach(text)):
            expected = "an answer below 400"
            yield context.finding("A11", where=where, line=item.line, found=f"{shown(text)}: {problem}", expected=expected)
        return
    plain, _, fragment = text.removeprefix(_FILE_SCHEME).partition("#")
    if plain != text and minor_of(context.specification.version) < _ARTEFACTS_SINCE:
        expected = "a plain relative path: older validators look for a file of exactly this name"
        yield context.finding("B2", where=where, line=item.line, found=shown(text), expected=expected, severity=Severity.WARNING)
    target = _resolve(context, plain)
    if isinstance(target, str):
        expected = "a file of the product's own directory"
        yield context.finding("B2", where=where, line=item.line, found=f"{shown(text)}: {target}", expected=expected)
    elif plain not in context.planned and not target.is_file():
        expected = f"a file {plain or '(empty)'} beside {context.path.name}"
        yield context.finding("A11", where=where, line=item.line, found=f"{shown(text)}, which is not there", expected=expected)
    elif plain not in context.planned and artifacts.is_reserved(target.name):
        yield from _artifact(context, entry, item, target=target, fragment=fragment)


def _artifact(context: Context, entry: Entry, item: Value, *, target: Path, fragment: str) -> Iterator[Finding]:
    where = f"{entry.where}.evidence"
    try:
        outcomes = artifacts.read(target.name, target.read_bytes())
    except (artifacts.ArtifactError, OSError) as error:
        expected = "the official suite's output; give any other file another name"
        yield context.finding("T6", where=where, line=item.line, found=f"{target.name}: {error}", expected=expected)
        return
    failed = sorted(test for test, outcome in outcomes.items() if outcome is artifacts.Outcome.FAILED)
    if failed:
        yield context.finding(
            "B3", where=where, line=item.line, found=f"failed in {target.name}: {', '.join(failed)}", expected="no failed test"
        )
    test = fragment or _AUTOMATED.get(entry.text("id"))
    if test and test not in outcomes:
        found = f"{target.name} with {', '.join(sorted(outcomes))}"
        yield context.finding("B3", where=where, line=item.line, found=shown(found), expected=f"the test {test} in it")
    elif test and outcomes[test] is artifacts.Outcome.SKIPPED and entry.text("status") == Status.IMPLEMENTED:
        yield context.finding("B3", where=where, line=item.line, found=f"{test} skipped in {target.name}", expected="a passed test")


def _resolve(context: Context, plain: str) -> Path | str:
    """The file that a local evidence text names, or what is wrong with the text."""
    folder = context.path.parent
    own = f"{context.directory_version}/{folder.name}" if context.directory_version else None
    named = _PRODUCT_FOLDER.match(plain)
    if named and named[1] == own:
        plain = plain.removeprefix(named[0])
    elif named and own:
        return f"it lies in {named[1]}, another product's directory"
    target = (folder / plain).resolve()
    if PurePosixPath(plain).is_absolute() or not target.is_relative_to(folder.resolve()):
        return "it leaves the product's directory"
    return target


def _base_name(text: str) -> str:
    return PurePosixPath(text.partition("#")[0]).name
