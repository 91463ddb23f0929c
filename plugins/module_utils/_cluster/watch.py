# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collections of the API server, followed: list, watch, and go on after whatever interrupts it.

Source: Kubernetes API concepts, "Efficient detection of changes" and "410 Gone responses".
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from .client import Cluster, Reply, selectors, successful
from .clock import Deadline
from .errors import ApiError, ConformanceError, ForbiddenError, GoneError, UnauthorizedError, UnreachableError
from .transport import Stream

JSON = Any

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_SESSION_SECONDS = 300.0
"""How long one watch request lasts at most; the next goes on where it ended."""


@dataclass(frozen=True, slots=True)
class Listed:
    """All objects, as they are now. What was known before and is not among them is gone."""

    objects: list[JSON]


@dataclass(frozen=True, slots=True)
class Changed:
    """An object was added or modified."""

    object: JSON


@dataclass(frozen=True, slots=True)
class Deleted:
    """An object is gone; its last state."""

    object: JSON


@dataclass(frozen=True, slots=True)
class Lost:
    """The server does not answer. Following goes on; any other change shows that it answers again."""

    problem: ConformanceError


@dataclass(frozen=True, slots=True)
class Resumed:
    """The server watches the collection for us, from where we know it."""


Change = Listed | Changed | Deleted | Lost | Resumed


class Following:
    """One collection, followed until a deadline or until closed.

    Args:
        cluster: the API server.
        path: of the collection.
        labels: a label selector; empty for all.
        fields: a field selector; empty for all.
        seconds: until when.
    """

    def __init__(self, cluster: Cluster, path: str, *, labels: str = "", fields: str = "", seconds: float) -> None:
        self._cluster = cluster
        self._path = path
        self._labels, self._fields = labels, fields
        self._deadline = Deadline(clock=cluster.clock, seconds=seconds)
        self._closed = threading.Event()
        self._stream: Stream | None = None

    def changes(self) -> Iterator[Change]:
        """What happens, from the first list on; ends at the deadline or when closed.

        Raises:
            ApiError: the server refuses to list or watch (401, 403, 404, …).
        """
        version, pause = "", _FIRST_PAUSE
        while self._going():
            try:
                if not version:
                    listing = self._cluster.list(self._path, labels=self._labels, fields=self._fields)
                    version = listing.resource_version
                    yield Listed(listing.items)
                for event in self._session(version):
                    version, pause = event.version or version, _FIRST_PAUSE if event.version else pause
                    if event.change is not None:
                        yield event.change
            except GoneError:
                version = ""
            except (UnreachableError, ApiError) as problem:
                if not self._going():
                    return
                if not self._is_passing(problem):
                    raise
                yield Lost(problem)
            self._cluster.clock.pause(min(pause, self._deadline.left()))
            pause = min(pause * 2, _LONGEST_PAUSE)

    def close(self) -> None:
        """Ends the following, also while it waits in another thread."""
        self._closed.set()
        if self._stream is not None:
            self._stream.abort()

    def _is_passing(self, problem: UnreachableError | ApiError) -> bool:
        """Whether the server will answer otherwise in a moment: it is away, unwell, or has just come back."""
        if isinstance(problem, UnreachableError) or problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._cluster.lost()
            return True
        return isinstance(problem, UnauthorizedError | ForbiddenError) and self._cluster.is_waking()

    def _going(self) -> bool:
        return not (self._closed.is_set() or self._deadline.passed())

    def _session(self, version: str) -> Iterator[_Event]:
        """The events of one watch request."""
        seconds = min(_SESSION_SECONDS, self._deadline.left())
        query = [
            *selectors(labels=self._labels, fields=self._fields),
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", version),
            ("timeoutSeconds", str(max(1, int(seconds)))),
        ]
        self._stream = stream = self._cluster.open(self._path, query=query, seconds=seconds + 1)
        try:
            if not self._going():
                return
            if stream.status != HTTPStatus.OK:
                successful(Reply(verb="watch", path=self._path, status=stream.status, body=_parsed(stream.content(), where=self._path)))
            self._cluster.found()
            yield _Event(Resumed(), "")
            for line in stream.lines():
                if not self._going():
                    return
                yield _event(_parsed(line, where=self._path), path=self._path)
        finally:
            stream.close()


@dataclass(frozen=True, slots=True)
class _Event:
    """A line of a watch: the change, None for a bookmark, and the version to go on from."""

    change: Changed | Deleted | Resumed | None
    version: str


def _event(line: JSON, *, path: str) -> _Event:
    kind, item = line.get("type"), line.get("object") or {}
    if kind == "ERROR":
        successful(Reply(verb="watch", path=path, status=int(item.get("code") or HTTPStatus.INTERNAL_SERVER_ERROR), body=item))
    version = str((item.get("metadata") or {}).get("resourceVersion") or "")
    if kind == "BOOKMARK":
        return _Event(None, version)
    return _Event(Deleted(item) if kind == "DELETED" else Changed(item), version)


def _parsed(line: bytes, *, where: str) -> JSON:
    try:
        value = json.loads(line)
    except ValueError as problem:
        value = problem
    if isinstance(value, dict):
        return value
    raise UnreachableError(
        what=f"watch {where}",
        found=f"a line that is no event: {line[:80]!r}",
        expected="JSON objects, one per line",
        look="what lies between here and the API server: a proxy may cut answers",
    )
