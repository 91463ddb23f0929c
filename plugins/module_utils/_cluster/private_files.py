# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files for libraries that take certificates and keys by path only.

They are in memory where the system allows it, so that a killed process leaves no key on a disk; elsewhere in a private folder.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self


class PrivateFiles:
    """A context manager: the files exist inside it, for this process only."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.__exit__(kind, problem, trace)

    def write(self, content: bytes) -> str:
        """A new file's path.

        Raises:
            OSError: it cannot be made.
        """
        if hasattr(os, "memfd_create"):
            file = os.memfd_create("ailab-conformance")
            self._stack.callback(os.close, file)
            os.write(file, content)
            return f"/proc/self/fd/{file}"
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="ailab-conformance-"))
        path = Path(folder) / "file"
        path.touch(mode=0o600)
        path.write_bytes(content)
        return str(path)
