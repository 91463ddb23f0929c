# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Some collections, mirrored in memory by watches, and waits on what they show.

One watch per collection serves all waits of a run, and a wait can ask about several kinds at once: a pod that does not start is
explained by an event.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from .client import Cluster
from .clock import Deadline
from .errors import ConformanceError
from .watch import Change, Changed, Deleted, Following, Listed, Lost

JSON = Any
T = TypeVar("T")


_END_SECONDS = 1.0
"""How long a watch that was ended may take to notice; its thread does not keep the process alive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A collection to mirror.

    Attributes:
        path: of the collection.
        labels: a label selector; empty for all objects.
        fields: a field selector; empty for all objects.
    """

    path: str
    labels: str = ""
    fields: str = ""


class View:
    """What the mirror shows at one moment. Objects are not to be changed."""

    def __init__(self, objects: Mapping[str, Mapping[str, JSON]]) -> None:
        self._objects = objects

    def all(self, kind: str) -> list[JSON]:
        """The objects of a kind."""
        return list(self._objects.get(kind, {}).values())

    def by_uid(self, kind: str, uid: str) -> JSON | None:
        """An object by its UID; None when it does not exist, or no longer."""
        return self._objects.get(kind, {}).get(uid)


class Mirror:
    """A context manager: the watches run inside it.

    Args:
        cluster: the API server.
        sources: kind → collection.
        seconds: how long the mirror is needed at most.
    """

    def __init__(self, cluster: Cluster, sources: Mapping[str, Source], *, seconds: float) -> None:
        self._cluster = cluster
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._objects: dict[str, dict[str, JSON]] = {}
        self._problems: dict[str, ConformanceError] = {}
        self._refused: dict[str, ConformanceError] = {}
        self._followings = {
            kind: Following(cluster, source.path, labels=source.labels, fields=source.fields, seconds=seconds)
            for kind, source in sources.items()
        }

    def __enter__(self) -> Self:
        for kind, following in self._followings.items():
            thread = threading.Thread(target=self._follow, args=(kind, following), name=f"mirror of {kind}", daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        for following in self._followings.values():
            following.close()
        for thread in self._threads:
            thread.join(_END_SECONDS)

    def until(self, decide: Callable[[View], T | None], *, seconds: float) -> T | None:
        """Waits until the mirror shows something.

        Args:
            decide: pure; None as long as it is undecided.
            seconds: how long to wait.

        Returns:
            The first decision, or None at the deadline.

        Raises:
            ApiError: the server refuses to show one of the collections.
            UnreachableError: the deadline has come and the server does not answer.
        """
        deadline = Deadline(clock=self._cluster.clock, seconds=seconds)
        with self._changed:
            while True:
                if self._refused:
                    raise next(iter(self._refused.values()))
                if len(self._objects) == len(self._followings):
                    decision = decide(View(self._objects))
                    if decision is not None:
                        return decision
                if deadline.passed():
                    break
                self._changed.wait(deadline.left())
            lost = next(iter(self._problems.values()), None)
        if lost is not None:
            raise lost
        self._cluster.get("/version")
        return None

    def _follow(self, kind: str, following: Following) -> None:
        try:
            for change in following.changes():
                with self._changed:
                    self._apply(kind, change)
                    self._changed.notify_all()
        except ConformanceError as problem:
            with self._changed:
                self._refused[kind] = problem
                self._changed.notify_all()

    def _apply(self, kind: str, change: Change) -> None:
        if isinstance(change, Lost):
            self._problems[kind] = change.problem
            return
        self._problems.pop(kind, None)
        if isinstance(change, Listed):
            self._objects[kind] = {uid_of(item): item for item in change.objects}
        elif isinstance(change, Deleted):
            self._objects[kind].pop(uid_of(change.object), None)
        elif isinstance(change, Changed):
            self._objects[kind][uid_of(change.object)] = change.object


def uid_of(item: JSON) -> str:
    """An object's UID."""
    return str(item["metadata"]["uid"])
