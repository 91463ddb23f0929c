# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process still does before an interruption ends it.

Ansible passes Ctrl-C on to its workers, which would die of it at once, and waits for them before it ends itself (ansible.executor,
TaskQueueManager and WorkerProcess; multiprocessing joins its children at exit).
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_BY_SIGNAL = 128
"""What shells add to a signal's number in the status of who died of it."""


@contextmanager
def ending_with(last: Callable[[], None]) -> Iterator[None]:
    """While inside, an interruption ends this process after one last piece of work.

    Nothing below on the stack is gone on with, and no other thread is waited for. A second interruption does not disturb the work. Outside
    the main thread nobody can do anything about signals, and nothing is done.

    Args:
        last: the work. What it raises has nobody left to be told.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _frame: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        try:
            last()
        finally:
            os._exit(_BY_SIGNAL + number)

    before = {number: signal.signal(number, end) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
