# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits of this machine's kernel that no namespace divides, and that a few nodes use up: raised with the lab, put back with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

# Each node's kubelet, containerd and pods hold two to three dozen inotify instances, all counted against the same user (inotify(7)).
# Common defaults of 128 and 8192 are gone with the fourth node; these suffice for the 16 clusters of a lab.
_AT_LEAST = {"fs/inotify/max_user_instances": 8192, "fs/inotify/max_user_watches": 524288}


class KernelLimits:
    """The limits of one lab.

    Args:
        record: file in which the values before the lab are kept.
        at_least: setting below /proc/sys → the value that is needed.
        kernel: /proc/sys.
    """

    def __init__(self, record: Path, *, at_least: Mapping[str, int] = _AT_LEAST, kernel: Path = Path("/proc/sys")) -> None:
        self._record = record
        self._at_least = at_least
        self._kernel = kernel

    def raise_them(self) -> None:
        """Raise what is too low. What was there is written down first, and only once: a second call must not take its own for it."""
        low = {name: self._read(name) for name, needed in self._at_least.items() if self._read(name) < needed}
        if not low:
            return
        before = json.loads(self._record.read_text()) if self._record.exists() else {}
        self._record.parent.mkdir(parents=True, exist_ok=True)
        self._record.write_text(json.dumps({**low, **before}))
        for name in low:
            self._write(name, self._at_least[name])

    def put_back(self) -> None:
        """Set what it was before the lab. A value that somebody has changed since stays."""
        if not self._record.exists():
            return
        for name, value in json.loads(self._record.read_text()).items():
            if self._read(name) == self._at_least.get(name):
                self._write(name, int(value))
        self._record.unlink()

    def _read(self, name: str) -> int:
        return int((self._kernel / name).read_text())

    def _write(self, name: str, value: int) -> None:
        (self._kernel / name).write_text(str(value))
