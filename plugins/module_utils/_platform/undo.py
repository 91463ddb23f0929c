# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of objects that were there before the run, each with its way back noted first."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import MERGE_PATCH, Reply
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError

from .ledger import Change, Ledger, Step
from .removal import restore

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster

JSON = Any


class Changes:
    """What a requirement has changed and not restored yet. Threads may share it.

    Args:
        cluster: the API server.
        ledger: where changes are noted.
        requirement: whose changes.
    """

    def __init__(self, *, cluster: Cluster, ledger: Ledger, requirement: str) -> None:
        self._cluster = cluster
        self._ledger = ledger
        self._requirement = requirement
        self._lock = threading.Lock()
        self._open: list[Change] = []

    def make(self, item: JSON, *, path: str, patch: JSON, back: JSON) -> tuple[Change, Reply]:
        """Changes an object, after the way back has been noted.

        Args:
            item: the object as it was read.
            path: of the object.
            patch: a merge patch.
            back: the merge patch that undoes it.

        Returns:
            The change, to be restored, and the server's answer, whatever it is.

        Raises:
            UnreachableError: no answer; it is on the list of what is to be restored all the same.
        """
        change = Change(requirement=self._requirement, path=path, uid=item["metadata"]["uid"], restore=back)
        self._ledger.note(Step.CHANGING, change)
        with self._lock:
            self._open.append(change)
        return change, self._cluster.call("patch", path, body=patch, content_type=MERGE_PATCH)

    def restore(self, changes: Sequence[Change] | None = None) -> None:
        """Restores changes, the latest first.

        Args:
            changes: which; all when not given. What is restored already is left alone.

        Raises:
            ConformanceError: one could not be restored. The others were tried.
        """
        problems: list[ConformanceError] = []
        with self._lock:
            wanted = [change for change in reversed(self._open) if changes is None or change in changes]
        for change in wanted:
            try:
                restore(self._cluster, change)
            except ConformanceError as problem:
                problems.append(problem)
                continue
            self._ledger.note(Step.RESTORED, change)
            with self._lock:
                self._open.remove(change)
        if problems:
            raise problems[0]
