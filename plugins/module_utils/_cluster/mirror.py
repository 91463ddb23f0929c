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
from .errors import ConformanceError, UnreachableError
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


_Key = tuple[str, Source]
"""Kind of the objects, and the collection they are in."""


class View:
    """What the mirror shows at one moment. Objects are not to be changed."""

    def __init__(self, objects: Mapping[_Key, Mapping[str, JSON]]) -> None:
        self._objects = objects

    def all(self, kind: str) -> list[JSON]:
        """The objects of a kind, each once, from whatever collections of it are mirrored."""
        return list({uid: item for key, items in self._objects.items() if key[0] == kind for uid, item in items.items()}.values())

    def by_uid(self, kind: str, uid: str) -> JSON | None:
        """An object by its UID; None when it does not exist, or no longer."""
        return next((items[uid] for key, items in self._objects.items() if key[0] == kind and uid in items), None)


class Mirror:
    """A context manager: the watches run inside it.

    Args:
        cluster: the API server.
        sources: kind → collection, to begin with.
        seconds: how long the mirror is needed at most.
    """

    def __init__(self, cluster: Cluster, sources: Mapping[str, Source], *, seconds: float) -> None:
        self._cluster = cluster
        self._seconds = seconds
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._objects: dict[_Key, dict[str, JSON]] = {}
        self._problems: dict[_Key, ConformanceError] = {}
        self._refused: dict[_Key, ConformanceError] = {}
        self._followings: dict[_Key, Following] = {}
        self._settled: set[_Key] = set(sources.items())

    def __enter__(self) -> Self:
        with self._changed:
            for key in self._settled:
                self._start(key)
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        for following in self._followings.values():
            following.close()
        for thread in self._threads:
            thread.join(_END_SECONDS)

    def follow(self, kind: str, source: Source, *, seconds: float) -> None:
        """Mirrors one more collection, and waits until it has been read once. Does nothing when it is mirrored already.

        A collection that the server refuses is left out again, and disturbs nobody else's waits.

        Args:
            kind: of its objects.
            source: the collection.
            seconds: how long to wait.

        Raises:
            ApiError: the server refuses to show it, NotFoundError because it does not serve it.
            UnreachableError: no answer in time.
        """
        key, deadline = (kind, source), Deadline(clock=self._cluster.clock, seconds=seconds)
        with self._changed:
            if key in self._settled:
                return
            if key not in self._followings:
                self._start(key)
            while key not in self._objects and key not in self._refused and not deadline.passed():
                self._changed.wait(deadline.left())
            if key in self._refused:
                raise self._refused[key]
            if key in self._objects:
                self._settled.add(key)
                return
        self._cluster.get("/version")
        raise _not_listed(kind, source, seconds=seconds)

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
                refused = next((self._refused[key] for key in self._settled if key in self._refused), None)
                if refused is not None:
                    raise refused
                if all(key in self._objects for key in self._settled):
                    decision = decide(View(self._objects))
                    if decision is not None:
                        return decision
                if deadline.passed():
                    break
                self._changed.wait(deadline.left())
            lost = next((self._problems[key] for key in self._settled if key in self._problems), None)
        if lost is not None:
            raise lost
        self._cluster.get("/version")
        return None

    def _start(self, key: _Key) -> None:
        kind, source = key
        following = Following(self._cluster, source.path, labels=source.labels, fields=source.fields, seconds=self._seconds)
        self._followings[key] = following
        thread = threading.Thread(target=self._follow, args=(key, following), name=f"mirror of {kind}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _follow(self, key: _Key, following: Following) -> None:
        try:
            for change in following.changes():
                with self._changed:
                    self._apply(key, change)
                    self._changed.notify_all()
        except ConformanceError as problem:
            with self._changed:
                self._refused[key] = problem
                self._changed.notify_all()

    def _apply(self, key: _Key, change: Change) -> None:
        if isinstance(change, Lost):
            self._problems[key] = change.problem
            return
        self._problems.pop(key, None)
        if isinstance(change, Listed):
            self._objects[key] = {uid_of(item): item for item in change.objects}
        elif isinstance(change, Deleted):
            self._objects[key].pop(uid_of(change.object), None)
        elif isinstance(change, Changed):
            self._objects[key][uid_of(change.object)] = change.object


def uid_of(item: JSON) -> str:
    """An object's UID."""
    return str(item["metadata"]["uid"])


def _not_listed(kind: str, source: Source, *, seconds: float) -> UnreachableError:
    return UnreachableError(
        what=f"reading all objects of {kind} at {source.path}",
        found=f"no list after {seconds:g} s",
        expected="one",
        look="the load of the API server, and of what serves this API",
    )
