# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows pods, or one other object, by a watch of its own, for as long as a scenario lasts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Deadline, timestamp
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.watch import Change, Changed, Deleted, Following, Listed

from .timeline import Timeline, entry

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster

JSON = Any
T = TypeVar("T")

_LIFE_SECONDS = 7200.0
_END_SECONDS = 1.0


class Followed:
    """A context manager: some objects, followed. Every change is handed to ``take`` before anybody who waits is woken.

    Args:
        cluster: the API server.
        path: of the collection.
        labels: a label selector; empty for all.
        fields: a field selector; empty for all.
    """

    def __init__(self, cluster: Cluster, path: str, *, labels: str = "", fields: str = "") -> None:
        self.cluster = cluster
        self.objects: dict[str, JSON] = {}
        self.changed = threading.Condition()
        self.listings = 0
        self._problem: ConformanceError | None = None
        self._following = Following(cluster, path, labels=labels, fields=fields, seconds=_LIFE_SECONDS)
        self._thread = threading.Thread(target=self._follow, name=f"watch of {path}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self._following.close()
        self._thread.join(_END_SECONDS)

    def take(self, item: JSON, *, gone: bool) -> None:
        """Is told of every change; does nothing here."""

    def until(self, decide: Callable[[list[JSON]], T | None], *, seconds: float) -> T | None:
        """Waits until the objects are as somebody wants them.

        Args:
            decide: pure; None as long as it is undecided.
            seconds: how long to wait.

        Returns:
            The first decision, or None at the deadline.

        Raises:
            ConformanceError: the server refuses, or did not show the objects before the deadline.
        """
        deadline = Deadline(clock=self.cluster.clock, seconds=seconds)
        with self.changed:
            while True:
                if self._problem is not None:
                    raise self._problem
                decision = decide(list(self.objects.values())) if self.listings else None
                if decision is not None:
                    return decision
                if deadline.passed():
                    break
                self.changed.wait(deadline.left())
        self.cluster.get("/version")
        return None

    def listed(self, *, seconds: float) -> None:
        """Waits until the first look is done: from then on no change is missed.

        Raises:
            ConformanceError: the server refuses, or did not answer before the deadline.
        """
        if self.until(lambda _objects: True, seconds=seconds) is None:
            raise ConformanceError(
                what="beginning to watch", found=f"no list after {seconds:g} s", expected="one", look="the load of the API server"
            )

    def _follow(self) -> None:
        try:
            for change in self._following.changes():
                with self.changed:
                    self._apply(change)
                    self.changed.notify_all()
        except ConformanceError as problem:
            with self.changed:
                self._problem = problem
                self.changed.notify_all()

    def _apply(self, change: Change) -> None:
        if isinstance(change, Listed):
            self.listings += 1
            found = {str(item["metadata"]["uid"]): item for item in change.objects}
            for uid in [uid for uid in self.objects if uid not in found]:
                self.take(self.objects.pop(uid), gone=True)
            for uid, item in found.items():
                self.objects[uid] = item
                self.take(item, gone=False)
        elif isinstance(change, Changed):
            self.objects[str(change.object["metadata"]["uid"])] = change.object
            self.take(change.object, gone=False)
        elif isinstance(change, Deleted):
            self.objects.pop(str(change.object["metadata"]["uid"]), None)
            self.take(change.object, gone=True)


class Trace(Followed):
    """Pods, followed, with a timeline of all their changes."""

    def __init__(self, cluster: Cluster, path: str, *, labels: str = "", fields: str = "") -> None:
        super().__init__(cluster, path, labels=labels, fields=fields)
        self._since = timestamp(cluster.clock.now())
        self._changes: list[JSON] = []
        self._newest: dict[str, JSON] = {}

    def take(self, item: JSON, *, gone: bool) -> None:
        """Notes what a reader of the timeline can tell from the state before."""
        now = entry(item, at=timestamp(self.cluster.clock.now()), gone=gone)
        known = self._newest.get(now["uid"])
        if known is None or {**known, "at": ""} != {**now, "at": ""}:
            self._newest[now["uid"]] = now
            self._changes.append(now)

    def timeline(self) -> Timeline:
        """All that has been seen until now."""
        with self.changed:
            changes, complete = list(self._changes), self.listings == 1
        return Timeline(changes=changes, complete=complete, since=self._since, until=timestamp(self.cluster.clock.now()))

    def reaches(self, decide: Callable[[Timeline], T | None], *, seconds: float) -> T | None:
        """Waits until the timeline shows something; None at the deadline.

        Raises:
            ConformanceError: as ``until``.
        """
        return self.until(lambda _objects: decide(self._so_far()), seconds=seconds)

    def _so_far(self) -> Timeline:
        return Timeline(changes=list(self._changes), complete=self.listings == 1, since=self._since, until=self._since)
