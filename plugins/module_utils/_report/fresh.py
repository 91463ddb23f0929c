# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows a run that is going on: the results of checks, as they come into its folder.

A result is there whole or not at all (``RunDirectory.write``) and in a new file each time, so a file is read once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ansible_collections.ailab.conformance.plugins.module_utils._engine.codec import MalformedDocumentError, read
from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import CheckResult
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory


class FreshResults:
    """The results that nobody has been given yet.

    Args:
        run: the folder; it may lie on another machine, and then nothing comes.
    """

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._known: dict[Path, tuple[int, int]] = {}

    def look(self) -> list[CheckResult]:
        """What has come since the last look, in the order in which it came. What is no result is left to those who must have it."""
        return [result for _, result in sorted(self._new(), key=lambda item: item[0])]

    def _new(self) -> Iterator[tuple[int, CheckResult]]:
        for path in self._run.checks.glob("*/result.json"):
            try:
                about = path.stat()
                if self._known.get(path) == (about.st_ino, about.st_mtime_ns):
                    continue
                self._known[path] = (about.st_ino, about.st_mtime_ns)
                yield about.st_mtime_ns, read(CheckResult, path)
            except (OSError, MalformedDocumentError):
                continue
