# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One controller's life: a pass over the cluster whenever something changed, and now and then without a reason."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from lab.machines.kube import Kube, KubeError, Watch

_LOG = logging.getLogger(__name__)
_SETTLE_SECONDS = 0.05  # changes come in bursts
_PAUSE_SECONDS = 1.0  # after a failed pass, and before a broken watch is made again


class Loop:
    """Passes of one controller over one cluster, one at a time.

    Args:
        name: of the threads and in the log.
        work: one pass; returns in how many seconds the next is due at the latest.
        watched: collections whose changes make a pass due.
    """

    def __init__(self, name: str, kube: Kube, work: Callable[[], float], *, watched: Sequence[str] = ()) -> None:
        self._name = name
        self._kube = kube
        self._work = work
        self._due = threading.Event()
        self._stopped = threading.Event()
        self._watches: dict[str, Watch] = {}
        self._guard = threading.Lock()
        self._passed: float | None = None
        self._failing = False
        self._passes = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-pass")
        self._threads = [threading.Thread(target=self._run, name=name, daemon=True)]
        self._threads += [threading.Thread(target=self._listen, args=(path,), name=f"{name}-watch", daemon=True) for path in watched]

    def start(self) -> None:
        """Begin; returns at once."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, and wait for the pass at work."""
        with self._guard:
            self._stopped.set()
            watches = list(self._watches.values())
        for watch in watches:
            watch.close()
        self._due.set()
        for thread in self._threads:
            thread.join()
        self._passes.submit(self._kube.close).result()
        self._passes.shutdown()

    def wake(self) -> None:
        """Make a pass due."""
        self._due.set()

    def wait(self, seconds: float) -> bool:
        """Wait; true where the loop is to end."""
        return self._stopped.wait(seconds)

    def seconds_since_pass(self) -> float | None:
        """How long ago the last pass went well; None where none has."""
        return None if self._passed is None else time.monotonic() - self._passed

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._due.clear()
            timeout = self._once()
            if self._due.wait(timeout):
                self._stopped.wait(_SETTLE_SECONDS)

    def _once(self) -> float:
        outcome = self._passes.submit(self._work)
        error = outcome.exception()
        if error is None:
            self._passed, self._failing = time.monotonic(), False
            return outcome.result()
        if isinstance(error, KubeError):
            if not self._failing and not self._stopped.is_set():
                _LOG.warning("%s: tries again until it works: %s", self._name, error)
            self._failing = True
        else:
            # A fault of one pass must not end the controller; the log says where it lies.
            _LOG.error("%s: a pass failed", self._name, exc_info=error)
        self._stopped.wait(_PAUSE_SECONDS)
        return 0.0

    def _listen(self, path: str) -> None:
        while not self._stopped.is_set():
            watch = self._kube.watch(path)
            with self._guard:
                self._watches[path] = watch
                if self._stopped.is_set():
                    return
            try:
                for _ in watch:
                    self._due.set()
            except KubeError as error:
                # The passes tell of a server that does not answer; a kind that is not there yet is no news.
                _LOG.debug("%s: %s", self._name, error)
            self._due.set()
            self._stopped.wait(_PAUSE_SECONDS)
