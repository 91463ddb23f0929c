# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run has made, on disk before it is made, so that a killed run can be cleaned up.

A line is appended before each creation, after it with the UID, and when the object is known to be gone. A line is one write to a file
opened for appending: processes of the same run can share the file, and a killed process leaves at most one incomplete last line.
"""

from __future__ import annotations

import enum
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

from .kinds import Kind

JSON = Any


class Step(enum.StrEnum):
    """What a line says: of an object that is made, or of a change of one that was there before."""

    INTENT = enum.auto()
    CREATED = enum.auto()
    GONE = enum.auto()
    CHANGING = enum.auto()
    RESTORED = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An object of a run.

    Attributes:
        requirement: which part of the run made it.
        kind: ``Pod``.
        api: ``v1`` or ``resource.k8s.io/v1``.
        plural: ``pods``.
        namespace: empty for cluster-scoped kinds.
        name: its name, unique to the run.
        uid: empty as long as the API server has not answered.
    """

    requirement: str
    kind: str
    api: str
    plural: str
    namespace: str
    name: str
    uid: str = ""

    @property
    def of(self) -> Kind:
        """Its kind with all that is known of it."""
        return Kind(self.kind, self.api, self.plural, namespaced=bool(self.namespace))

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells it from every other object at one time."""
        return self.kind, self.api, self.namespace, self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of an object that was there before the run, with the way back.

    Attributes:
        requirement: which part of the run changes it.
        path: of the object.
        uid: its UID; another object under its name is not restored.
        restore: a merge patch (RFC 7386) that makes it what it was.
    """

    requirement: str
    path: str
    uid: str
    restore: JSON


class Ledger(Protocol):
    """Where creations are noted."""

    def note(self, step: Step, entry: Entry | Change) -> None:
        """Notes a step. When it returns, the note survives the process."""


class FileLedger:
    """A ledger in a file.

    Args:
        path: the file; made when it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, step: Step, entry: Entry | Change) -> None:
        """Appends a line.

        Raises:
            OSError: it cannot be written, e.g. because the disk is full. Nothing has been created then.
        """
        values = {"step": step.value, **{field.name: getattr(entry, field.name) for field in fields(entry)}}
        line = json.dumps(values, sort_keys=True).encode() + b"\n"
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            written = os.write(file, line)
        finally:
            os.close(file)
        if written != len(line):
            raise OSError(f"{self._path}: {written} of {len(line)} bytes written, is the disk full?")


class NoLedger:
    """For runs that keep no evidence and create nothing: check mode."""

    def note(self, step: Step, entry: Entry | Change) -> None:
        """Refuses.

        Raises:
            PermissionError: always: nothing may be created without a ledger.
        """
        about = entry.path if isinstance(entry, Change) else f"{entry.kind} {entry.name}"
        raise PermissionError(f"{step} of {about}: there is no ledger, so nothing may be created")


def entries(path: Path) -> list[Entry]:
    """What a ledger's run made and does not know to be gone, in order of creation. A missing file is an empty ledger.

    Raises:
        OSError: the file cannot be read.
    """
    made: dict[tuple[str, str, str, str], Entry] = {}
    for step, entry in _lines(path):
        if isinstance(entry, Entry):
            made.pop(entry.key, None) if step is Step.GONE else made.update({entry.key: entry})
    return list(made.values())


def kinds_noted(path: Path, *, requirement: str) -> frozenset[str]:
    """The kinds of which a requirement has made objects, or was about to.

    Raises:
        OSError: the file cannot be read.
    """
    return frozenset(entry.kind for _, entry in _lines(path) if isinstance(entry, Entry) and entry.requirement == requirement)


def changes(path: Path) -> list[Change]:
    """What a ledger's run changed and did not restore, in the order in which it is to be restored: the latest first.

    Raises:
        OSError: the file cannot be read.
    """
    found: list[Change] = []
    for step, change in _lines(path):
        if isinstance(change, Change):
            found.append(change) if step is Step.CHANGING else found.remove(change)
    return found[::-1]


def _lines(path: Path) -> Iterator[tuple[Step, Entry | Change]]:
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            values: dict[str, JSON] = json.loads(line)
        except ValueError:
            continue  # the last line of a killed process
        step = Step(values.pop("step"))
        yield step, Change(**values) if step in {Step.CHANGING, Step.RESTORED} else Entry(**values)
