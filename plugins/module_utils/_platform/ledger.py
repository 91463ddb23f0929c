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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

JSON = Any


class Step(enum.StrEnum):
    """What a line says."""

    INTENT = enum.auto()
    CREATED = enum.auto()
    GONE = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An object of a run.

    Attributes:
        requirement: which part of the run made it.
        kind: ``Pod``.
        namespace: empty for cluster-scoped kinds.
        name: its name, unique to the run.
        uid: empty as long as the API server has not answered.
    """

    requirement: str
    kind: str
    namespace: str
    name: str
    uid: str = ""


class Ledger(Protocol):
    """Where creations are noted."""

    def note(self, step: Step, entry: Entry) -> None:
        """Notes a step. When it returns, the note survives the process."""


class FileLedger:
    """A ledger in a file.

    Args:
        path: the file; made when it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, step: Step, entry: Entry) -> None:
        """Appends a line.

        Raises:
            OSError: it cannot be written, e.g. because the disk is full. Nothing has been created then.
        """
        values = {"step": step.value, **{name: getattr(entry, name) for name in Entry.__slots__}}
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

    def note(self, step: Step, entry: Entry) -> None:
        """Refuses.

        Raises:
            PermissionError: always: nothing may be created without a ledger.
        """
        raise PermissionError(f"{step} of {entry.kind} {entry.name}: there is no ledger, so nothing may be created")


def entries(path: Path) -> list[Entry]:
    """What a ledger's run made and does not know to be gone, in order of creation. A missing file is an empty ledger.

    Raises:
        OSError: the file cannot be read.
    """
    open_entries: dict[tuple[str, str, str], Entry] = {}
    for step, entry in _lines(path.read_text(encoding="utf-8").splitlines()) if path.exists() else ():
        key = (entry.kind, entry.namespace, entry.name)
        if step is Step.GONE:
            open_entries.pop(key, None)
        else:
            open_entries[key] = entry
    return list(open_entries.values())


def _lines(lines: Iterable[str]) -> Iterator[tuple[Step, Entry]]:
    for line in lines:
        try:
            values: dict[str, str] = json.loads(line)
        except ValueError:
            continue  # the last line of a killed process
        yield Step(values.pop("step")), Entry(**values)
