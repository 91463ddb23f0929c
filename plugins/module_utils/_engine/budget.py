# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification may use of somebody's time and money. Beyond it nothing further is begun; what runs is brought to its end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import METADATA_ONLY
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Deadline
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import Settings

_FRESH_SECONDS = 2.0
"""How old a count of nodes may be: many checks begin in the same moment."""


class Budget:
    """The time and the nodes of one requirement. Threads may share it.

    A node counts whoever has made it come: a pod that is to wait makes an autoscaler add one, too, and requirements are verified side by
    side.

    Args:
        cluster: the API server.
        settings: how much there is.

    Raises:
        ConformanceError: the nodes cannot be counted.
    """

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._cluster = cluster
        self._settings = settings
        self._deadline = Deadline(clock=cluster.clock, seconds=settings.max_minutes * 60)
        self._lock = threading.Lock()
        self._first = self._count()
        self._last, self._fresh = self._first, Deadline(clock=cluster.clock, seconds=_FRESH_SECONDS)

    def require(self, what: str) -> None:
        """Makes sure that there is something left of everything.

        Args:
            what: is to be begun.

        Raises:
            PreconditionError: there is not.
            ConformanceError: the nodes cannot be counted.
        """
        if self._deadline.passed():
            raise PreconditionError(
                name="time-budget",
                what=what,
                found=f"the requirement's {self._settings.max_minutes:g} minutes are over",
                expected="time that is left",
                look="the option max_minutes, and what took so long",
            )
        added = self._added()
        if added > self._settings.max_nodes_added:
            raise PreconditionError(
                name="node-budget",
                what=what,
                found=f"{added} nodes more than when the requirement was begun",
                expected=f"at most {self._settings.max_nodes_added}",
                look="the option max_nodes_added, and the autoscaler's events",
            )

    def _added(self) -> int:
        with self._lock:
            if self._fresh.passed():
                self._last, self._fresh = self._count(), Deadline(clock=self._cluster.clock, seconds=_FRESH_SECONDS)
            return self._last - self._first

    def _count(self) -> int:
        return len(self._cluster.list(kinds.NODE.collection(), accept=METADATA_ONLY).items)
