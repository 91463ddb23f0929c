# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache: a thing lies under the digest of what it is made of, or it is not there. Nothing in it is ever half made."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

JSON: TypeAlias = "str | int | bool | Iterable[JSON] | Mapping[str, JSON] | None"

_UNFINISHED = ".unfinished-"
_KINDS = ("programs", "images", "charts")
_KEY_LENGTH = 32  # of 64 hexadecimal digits: 128 bits tell apart whatever one project will ever build


def key_of(facts: JSON, *, files: Iterable[tuple[str, Path]] = ()) -> str:
    """Digest of what a thing is made of.

    Args:
        facts: the definition, as JSON; the order of keys does not matter, the order of lists does.
        files: name in the definition and place of each file whose content matters.

    Returns:
        A name for a directory of the cache.

    Raises:
        OSError: a file cannot be read.
    """
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":"), default=list).encode())
    for name, path in sorted(files):
        digest.update(f"\0{name}\0{content_digest(path)}".encode())
    return digest.hexdigest()[:_KEY_LENGTH]


def content_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Cache:
    """Directory tree of what was built.

    Attributes:
        root: the cache's own directory; others may share its parent.
    """

    root: Path

    def program(self, name: str, key: str) -> Path:
        """Where a program's files lie, or would lie."""
        return self.root / "programs" / name / key

    def layout(self, name: str, key: str) -> Path:
        """Where an image's OCI layout lies, or would lie."""
        return self.root / "images" / name.replace("/", "_").replace(":", "_") / key

    def chart(self, name: str, key: str) -> Path:
        """Where the files of a chart lie, or would lie."""
        return self.root / "charts" / name / key

    @property
    def blobs(self) -> Path:
        """Every blob once; the layouts hold hard links to them."""
        return self.root / "blobs" / "sha256"

    @property
    def logs(self) -> Path:
        """The compiler's output of the last build of each program."""
        return self.root / "log"

    def publish(self, target: Path, fill: Callable[[Path], None]) -> None:
        """Make a directory of the cache all at once.

        Args:
            target: its final place, which must not be there yet.
            fill: fills the empty directory it is given. When it raises, nothing is left.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target.parent))
        try:
            fill(unfinished)
            _sync(unfinished)
            unfinished.chmod(0o755)
            unfinished.rename(target)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def publish_blob(self, fill: Callable[[Path], str]) -> Path:
        """Store a blob under the digest of its content.

        Args:
            fill: writes the blob to the path it is given and returns its SHA-256 in hexadecimal digits.

        Returns:
            The place of the blob. An equal blob that was there before stays.
        """
        self.blobs.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=self.blobs)
        os.close(descriptor)
        unfinished = Path(name)
        try:
            place = self.blobs / fill(unfinished)
            if not place.exists():
                _sync(unfinished)
                unfinished.chmod(0o644)
                unfinished.rename(place)
            return place
        finally:
            unfinished.unlink(missing_ok=True)

    @contextmanager
    def locked(self, *, waiting: Callable[[str], None]) -> Iterator[None]:
        """Hold the cache for one builder. The lock ends with the process, however it ends.

        Args:
            waiting: told once who holds the lock, when somebody else does.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                waiting(lock.read().strip() or "another process")
                fcntl.flock(lock, fcntl.LOCK_EX)
            lock.truncate(0)
            lock.write(f"process {os.getpid()}\n")
            lock.flush()
            self._remove_unfinished()
            yield

    def prune(self, keep: Iterable[Path]) -> int:
        """Remove every program, image and chart but these, and the blobs that no image holds any more.

        Args:
            keep: directories as :meth:`program`, :meth:`layout` and :meth:`chart` name them.

        Returns:
            Bytes freed.
        """
        kept = set(keep)
        freed = 0
        for entry in (entry for kind in _KINDS for entry in self.root.glob(f"{kind}/*/*")):
            if entry not in kept:
                freed += sum(file.lstat().st_size for file in entry.rglob("*") if file.is_file() and file.lstat().st_nlink == 1)
                shutil.rmtree(entry)
        for blob in self.root.glob("blobs/sha256/*"):
            if blob.stat().st_nlink == 1:  # the layouts' hard links are gone
                freed += blob.stat().st_size
                blob.unlink()
        for parent in (parent for kind in _KINDS for parent in self.root.glob(f"{kind}/*")):
            if not any(parent.iterdir()):
                parent.rmdir()
        return freed

    def _remove_unfinished(self) -> None:
        """Remove what a killed builder was working on."""
        for place in (*(f"{kind}/*" for kind in _KINDS), "blobs/sha256"):
            for left in self.root.glob(f"{place}/{_UNFINISHED}*"):
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Bring files to the disk before their names: after a power cut a name in the cache never stands for an empty file."""
    files = [entry for entry in path.rglob("*") if entry.is_file() and not entry.is_symlink()] if path.is_dir() else [path]
    for file in files:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
