# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run's folder: where things lie in it, who may use it, and whether it is as it was sealed."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError

from .codec import MalformedDocumentError, dump, pretty, read
from .documents import SCHEMA
from .inputs import Opened

_MANIFEST = "manifest.sha256"


class RunDirectoryError(ConformanceError):
    """A run directory is missing, in use, sealed, or not what it should be."""


class RunDirectory:
    """The folder of one run.

    Args:
        path: ``runs/<run id>``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.opened_file = path / "opened.json"
        self.ledger_file = path / "ledger.jsonl"
        self.before_file = path / "inventory" / "before.json"
        self.after_file = path / "inventory" / "after.json"
        self.run_file = path / "run.json"
        self.manifest_file = path / _MANIFEST
        self.requirements = path / "requirements"
        self.checks = path / "checks"
        self.leases = path / "leases"

    @property
    def is_sealed(self) -> bool:
        """Whether the run is over and nothing may be written any more."""
        return self.manifest_file.exists()

    def observations(self, check: str) -> Path:
        """The observations of a check."""
        return self.checks / check / "observations.jsonl"

    def result(self, check: str) -> Path:
        """The result of a check."""
        return self.checks / check / "result.json"

    def requirement(self, identifier: str) -> Path:
        """The result of a requirement."""
        return self.requirements / f"{identifier}.json"

    def clean_up(self, identifier: str) -> Path:
        """What a requirement left behind."""
        return self.path / "inventory" / f"{identifier}.json"

    def opened(self) -> Opened:
        """What the run started from.

        Raises:
            RunDirectoryError: this is no run directory, or one of another version of this collection.
        """
        try:
            document = read(Opened, self.opened_file)
        except (OSError, MalformedDocumentError) as problem:
            raise self._error(
                found=str(problem), expected="a folder made by conformance_run with state opened", look="the option run_dir"
            ) from problem
        if document.schema != SCHEMA:
            raise self._error(
                found=f"schema {document.schema}", expected=f"schema {SCHEMA}", look="the version of the collection that made it"
            )
        return document

    def require_unsealed(self) -> None:
        """Raises RunDirectoryError when the run is over."""
        if self.is_sealed:
            raise self._error(
                found="a sealed run", expected="one that is still open", look="conformance_run with state opened, which starts another"
            )

    def write(self, path: Path, content: bytes) -> None:
        """Writes a file of the run, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            try:
                file.write(content)
                file.flush()
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        path.chmod(0o644)

    def write_document(self, path: Path, document: object) -> None:
        """Writes a document.

        Raises:
            OSError: it cannot be written.
        """
        self.write(path, pretty(dump(document)))

    @contextmanager
    def in_use(self, *, alone: bool = False) -> Iterator[None]:
        """Holds the folder while something works on it; the kernel lets go of it when the process dies, however it dies.

        Args:
            alone: nobody else may hold it.

        Raises:
            RunDirectoryError: somebody else does.
        """
        try:
            folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as problem:
            raise self._error(found=str(problem.strerror), expected="the folder of a run", look="the option run_dir") from problem
        try:
            self._hold(folder, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            yield
        finally:
            os.close(folder)

    def _hold(self, folder: int, how: int) -> None:
        try:
            fcntl.flock(folder, how | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            look = "running playbooks on this machine"
            raise self._error(found="another process at work in it", expected="a run that nobody is working on", look=look) from problem

    def digests(self) -> Mapping[str, str]:
        """The SHA-256 of every file but the manifest, by relative path, sorted.

        Raises:
            OSError: a file cannot be read.
        """
        files = (path for path in sorted(self.path.rglob("*")) if path.is_file() and path != self.manifest_file)
        return {path.relative_to(self.path).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def seal(self) -> None:
        """Writes the manifest: from here on, every change shows."""
        self.write(self.manifest_file, "".join(f"{value}  {name}\n" for name, value in self.digests().items()).encode())

    def differences(self) -> list[str]:
        """What is not as it was sealed, one sentence per file; empty when all is.

        Raises:
            RunDirectoryError: the run is not sealed, or the manifest is none.
        """
        try:
            pairs = [line.split("  ", 1) for line in self.manifest_file.read_text(encoding="utf-8").splitlines()]
            listed = {name: value for value, name in pairs}
        except (OSError, ValueError) as problem:
            raise self._error(
                found=f"no manifest ({problem})", expected="a sealed run", look="conformance_run with state sealed"
            ) from problem
        found = self.digests()
        return [
            *(
                f"{name} was changed: its sha256 is {found[name]}, the manifest has {listed[name]}"
                for name in found
                if found[name] != listed.get(name, found[name])
            ),
            *(f"{name} was removed" for name in listed if name not in found),
            *(f"{name} was added" for name in found if name not in listed),
        ]

    def _error(self, *, found: str, expected: str, look: str) -> RunDirectoryError:
        return RunDirectoryError(what=f"using run directory {self.path}", found=found, expected=expected, look=look)
