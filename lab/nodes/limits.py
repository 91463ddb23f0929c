# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel limits that no namespace divides and that a few nodes use up: raised with the first lab, put back with the last."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Each node's kubelet, containerd and pods hold two to three dozen inotify instances, all counted against the same user (inotify(7)).
# Common defaults of 128 and 8192 are gone with the fourth node; these suffice for the 16 clusters of a lab.
_AT_LEAST = {"fs/inotify/max_user_instances": 8192, "fs/inotify/max_user_watches": 524288}
# Shared by all labs of this machine, and gone with a restart of it, as the values are.
_RECORD = Path("/run/ailab-limits.json")


class KernelLimits:
    """The limits, as one lab needs them.

    Args:
        lab: the lab's name.
        record: file with the values before the first lab, and the labs that need more.
        at_least: setting below /proc/sys → the value that is needed.
        kernel: /proc/sys.
    """

    def __init__(
        self, lab: str, *, record: Path = _RECORD, at_least: Mapping[str, int] = _AT_LEAST, kernel: Path = Path("/proc/sys")
    ) -> None:
        self._lab = lab
        self._record = record
        self._at_least = at_least
        self._kernel = kernel

    def raise_them(self) -> None:
        """Raise what is too low, and write down first what it was."""
        with self._shared() as state:
            low = {name: self._read(name) for name, needed in self._at_least.items() if self._read(name) < needed}
            state["before"] = {**low, **state["before"]}
            state["labs"] = sorted({*state["labs"], self._lab})
            self._record.write_text(json.dumps(state))
            for name in low:
                self._write(name, self._at_least[name])

    def put_back(self) -> None:
        """Set what was before the labs, when this is the last of them. A value that somebody has changed since stays."""
        if not self._record.exists():
            return
        with self._shared() as state:
            state["labs"] = sorted({*state["labs"]} - {self._lab})
            self._record.write_text(json.dumps(state))
            if state["labs"]:
                return
            for name, value in state["before"].items():
                if self._read(name) == self._at_least.get(name):
                    self._write(name, int(value))
            self._record.unlink()

    @contextmanager
    def _shared(self) -> Iterator[dict[str, Any]]:
        with self._record.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            text = self._record.read_text() if self._record.exists() else ""
            yield json.loads(text) if text else {"before": {}, "labs": []}

    def _read(self, name: str) -> int:
        return int((self._kernel / name).read_text())

    def _write(self, name: str, value: int) -> None:
        (self._kernel / name).write_text(str(value))
