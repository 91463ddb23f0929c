# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges a sealed run again, without a cluster: the same bytes must come out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import judge, record
from .codec import MalformedDocumentError, dump, pretty, read
from .documents import CheckResult
from .run import compose
from .verdict import Side

if TYPE_CHECKING:
    from .check import Check
    from .run_directory import RunDirectory


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of judging a run again.

    Attributes:
        run_id: of the run.
        checks: how many checks were judged.
        changed: one sentence per file that is not as it was sealed.
        otherwise: one sentence per file that is not what follows from the observations, as this version judges them.
    """

    run_id: str
    checks: int
    changed: tuple[str, ...]
    otherwise: tuple[str, ...]

    @property
    def differences(self) -> tuple[str, ...]:
        """All sentences; empty when every byte is the same."""
        return (*self.changed, *self.otherwise)


def replay(run: RunDirectory, *, checks: Mapping[str, Check[Any]]) -> Replayed:
    """Compares a run with its manifest, and its results with its observations.

    Args:
        run: a sealed run.
        checks: by id.

    Raises:
        RunDirectoryError: this is no sealed run.
        OSError: a file cannot be read.
    """
    opened = run.opened()
    found = sorted(path.name for path in run.checks.iterdir()) if run.checks.exists() else []
    judged = [sentence for identifier in found for sentence in _check(run, identifier, checks)]
    return Replayed(run_id=opened.run_id, checks=len(found), changed=tuple(run.differences()), otherwise=(*judged, *_run(run)))


def _check(run: RunDirectory, identifier: str, checks: Mapping[str, Check[Any]]) -> Iterator[str]:
    if identifier not in checks:
        yield f"checks/{identifier}: this version of the collection has no such check"
        return
    place = run.observations(identifier)
    try:
        sides = record.parse(place.read_bytes(), where=_relative(run, place))
        again = judge.result(checks[identifier], subject=sides[Side.SUBJECT], control=sides[Side.CONTROL])
    except (MalformedDocumentError, OSError) as problem:
        yield str(problem)
        return
    yield from _same(run, run.result(identifier), again)


def _run(run: RunDirectory) -> Iterator[str]:
    try:
        again = compose(run)
    except (MalformedDocumentError, OSError) as problem:
        yield f"run.json cannot be computed again: {problem}"
        return
    yield from _same(run, run.run_file, again)
    for requirement in again.requirements:
        yield from _same(run, run.requirement(requirement.id), requirement)


def _same(run: RunDirectory, path: Path, again: object) -> Iterator[str]:
    """A sentence when a file does not hold the bytes that were computed again."""
    name = _relative(run, path)
    try:
        content = path.read_bytes()
    except OSError as problem:
        yield f"{name} cannot be read: {problem.strerror}"
        return
    if content != pretty(dump(again)):
        yield f"{name} is not what follows from the observations{_verdicts(path, again)}"


def _verdicts(path: Path, again: object) -> str:
    if not isinstance(again, CheckResult):
        return ""
    try:
        stored = read(CheckResult, path)
    except MalformedDocumentError as problem:
        return f": {problem}"
    if (stored.verdict, stored.reason) == (again.verdict, again.reason):
        before, after = dump(stored), dump(again)
        return f": it has the same verdict, but another {', '.join(name for name in after if before[name] != after[name]) or 'layout'}"
    return f": it says {stored.verdict} ({stored.reason}), the observations say {again.verdict} ({again.reason})"


def _relative(run: RunDirectory, path: Path) -> str:
    return path.relative_to(run.path).as_posix()
