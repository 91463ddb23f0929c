# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does something every moment beside what a controller does. PRIVATE to the collection: it can change at any time."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable


class Looking:
    """A thread that may print by Ansible's Display, and does so while workers are forked.

    A worker is a copy of the controller without this thread, so it must never wait for a lock that the thread had when it was forked.
    Display's own lock, under which everything is written, is held by whoever forks (ansible.executor.process.worker, WorkerProcess.start);
    the log's are looked after by logging. Locks of the caller's must be used in the controller only.

    Args:
        look: what to do. When it raises OSError, as when nobody reads the output any more, it is not done again.
        seconds: between one time and the next.
    """

    def __init__(self, look: Callable[[], None], *, seconds: float) -> None:
        self._look = look
        self._seconds = seconds
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        # A thread that writes while the interpreter ends would crash it. In workers this does not happen: they end without it.
        atexit.register(self.stop)

    def start(self) -> None:
        """Begins, unless it has begun."""
        if self._thread is None:
            self._ended.clear()
            self._thread = threading.Thread(target=self._until_ended, name="looking", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends it, and waits for that. It can be started again."""
        if self._thread is not None:
            self._ended.set()
            self._thread.join()
            self._thread = None

    def _until_ended(self) -> None:
        try:
            while not self._ended.wait(self._seconds):
                self._look()
        except OSError:
            return
