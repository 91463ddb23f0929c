# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a report's files in place: atomically, only where something changes, and never over somebody else's work.

A record beside the files holds the digest of everything that was written. A file that is there without being in the record, or with
another digest, was made or changed by somebody, and is not overwritten unless that is asked for. Before the first file is replaced the
record names the old and the new digests, so a run that was killed in between is carried on by the next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

RECORD = ".ailab-report.sha256"


class ReportFilesError(Exception):
    """The files cannot be put in place; nothing was overwritten that is not the report's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file to write or to remove.

    Attributes:
        path: below the report's folder.
        before: content now; None when the file is not there.
        after: content to be; None when the file has to go.
    """

    path: str
    before: bytes | None
    after: bytes | None


def plan(dest: Path, files: Mapping[str, bytes], *, force: bool = False) -> list[Change]:
    """What has to change under ``dest`` for exactly these files of the report to be there.

    Args:
        dest: the report's folder; need not exist.
        files: content by relative path.
        force: overwrite files that somebody else made or changed.

    Raises:
        ReportFilesError: a file belongs to somebody else, or cannot be read.
    """
    known = _record(dest)
    changes, foreign = [], []
    for path, content in files.items():
        before = _content(dest / path)
        if before == content:
            continue
        if before is not None and _digest(before) not in known.get(path, frozenset()) and not force:
            foreign.append(path)
        changes.append(Change(path=path, before=before, after=content))
    if foreign:
        raise ReportFilesError(
            f"in {dest}, {', '.join(foreign)} was not written by a report or was changed since: "
            "move it away, choose another dest, or allow it with force: true"
        )
    for path in sorted(known.keys() - files.keys()):
        before = _content(dest / path)
        if before is not None and _digest(before) in known[path]:
            changes.append(Change(path=path, before=before, after=None))
    return changes


def apply(dest: Path, changes: list[Change], files: Mapping[str, bytes]) -> None:
    """Makes the changes of a plan. Each file is whole at every moment, before or after.

    Raises:
        ReportFilesError: a file cannot be written; the ones before it are in place, and a second run carries on.
    """
    digests = {path: frozenset({_digest(content)}) for path, content in files.items()}
    known = _record(dest)
    both = {path: known.get(path, frozenset()) | digests.get(path, frozenset()) for path in {*known, *digests}}
    if not changes and known == digests:
        return
    _write(dest / RECORD, _lines(both))
    for change in changes:
        if change.after is None:
            (dest / change.path).unlink(missing_ok=True)
        else:
            _write(dest / change.path, change.after)
    _write(dest / RECORD, _lines(digests))


def _record(dest: Path) -> Mapping[str, frozenset[str]]:
    content = _content(dest / RECORD) or b""
    known: dict[str, frozenset[str]] = {}
    for line in content.decode(errors="replace").splitlines():
        digest, _, path = line.partition("  ")
        inside = path and not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts
        if inside:
            known[path] = known.get(path, frozenset()) | {digest}
    return known


def _lines(digests: Mapping[str, frozenset[str]]) -> bytes:
    def lines() -> Iterator[str]:
        for path in sorted(digests):
            yield from (f"{digest}  {path}\n" for digest in sorted(digests[path]))

    return "".join(lines()).encode()


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ReportFilesError(f"cannot read {path}: {error.strerror}") from error


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise ReportFilesError(
            f"cannot write {path}: {error.strerror}; what was written before it is in place, a second run carries on"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
