# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that hold a secret: readable for their owner only, from the first byte on, and complete or not there at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

MODE = 0o600


def read(path: Path) -> bytes | None:
    """The content of a file; None where there is none.

    Raises:
        OSError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def is_private(path: Path) -> bool:
    """Whether only the owner may read and write the file."""
    return stat.S_IMODE(path.stat().st_mode) == MODE


def write(path: Path, content: bytes) -> None:
    """Writes a file beside its place and moves it there. Its owner stays; missing directories are made, for the owner only.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, MODE)
            if path.exists():
                had = path.stat()
                os.fchown(descriptor, had.st_uid, had.st_gid)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
