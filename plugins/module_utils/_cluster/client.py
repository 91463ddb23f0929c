# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to the API server as JSON, with one retry policy."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from .clock import Clock, Deadline, SystemClock
from .errors import ApiError, HaltedError, UnreachableError, api_error
from .kubeconfig import Kubeconfig
from .transport import Answer, Executed, NotSentError, Query, Stream, Transport, connect

JSON = Any

_METHODS = {"get": "GET", "list": "GET", "create": "POST", "update": "PUT", "patch": "PATCH", "delete": "DELETE"}
_REPEATABLE = frozenset({"get", "list", "update", "delete"})
_REFUSALS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_WAKING_SECONDS = 30.0
_PATIENCE_SECONDS = 20.0
_FIRST_PATIENCE_SECONDS = 2.0
_PAGE = 500

JSON_TYPE = "application/json"

MERGE_PATCH = "application/merge-patch+json"
"""RFC 7386."""

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Asks for objects' metadata without the rest (Kubernetes API concepts, "Metadata-only fetches")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer of the API server, success or not.

    Attributes:
        verb: what was asked.
        path: path and query that it was asked of.
        status: the HTTP status.
        body: JSON; text where the answer is none.
        type: media type of the answer with its parameters; empty when the server names none.
    """

    verb: str
    path: str
    status: int
    body: JSON
    type: str = ""

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of objects, each with its kind and apiVersion, and the version of the collection to watch from."""

    items: list[JSON]
    resource_version: str


class Cluster:
    """An API server. Threads may share it.

    Args:
        transport: the way there.
        clock: time.
        patience: seconds for which a lost or overloaded server is asked again. What may have changed something is never sent twice.
    """

    def __init__(self, *, transport: Transport, clock: Clock, patience: float = _PATIENCE_SECONDS) -> None:
        self.server = transport.server
        self.clock = clock
        self._transport = transport
        self._patience = patience
        self._lost_at = -math.inf
        self._lost_since = math.inf
        self._gate = threading.Condition()
        self._halted = False
        self._under_way = 0

    def halt(self, *, seconds: float) -> None:
        """Lets nothing more through, whoever asks, and waits for the answers to what is under way.

        Args:
            seconds: how long to wait. What is still under way then may come to something.
        """
        with self._gate:
            self._halted = True
            self._gate.wait_for(lambda: not self._under_way, timeout=seconds)

    def call(
        self,
        verb: str,
        path: str,
        *,
        query: Query = (),
        body: JSON = None,
        content_type: str = JSON_TYPE,
        accept: str = JSON_TYPE,
        seconds: float = 30.0,
    ) -> Reply:
        """One request, its answer whatever the status.

        Args:
            verb: ``get``, ``list``, ``create``, ``update``, ``patch`` or ``delete``.
            path: without the server's address.
            query: pairs.
            body: JSON to send; None for nothing.
            content_type: of the body.
            accept: media type of the answer.
            seconds: how long the server may be silent.

        Raises:
            UnreachableError: no answer.
            HaltedError: nothing is let through any more.
        """

        def send() -> Answer:
            headers = {"Accept": accept, "Content-Type": content_type}
            return self._transport.send(method=_METHODS[verb], path=path, query=query, body=body, headers=headers, seconds=seconds)

        answer = self._patiently(send, repeatable=verb in _REPEATABLE)
        where = f"{path}{'?' if query else ''}{urlencode(query)}"
        return Reply(verb=verb, path=where, status=answer.status, body=_decoded(answer.content), type=answer.type)

    def get(self, path: str, *, query: Query = ()) -> JSON:
        """An object.

        Raises:
            ApiError: any answer but success.
            UnreachableError: no answer.
        """
        return successful(self.call("get", path, query=query)).body

    def list(self, path: str, *, labels: str = "", fields: str = "", accept: str = JSON_TYPE) -> Listing:
        """All objects of a collection, page by page.

        Args:
            path: of the collection.
            labels: a label selector; empty for all.
            fields: a field selector; empty for all.
            accept: media type; ``METADATA_ONLY`` spares the server and the network the rest of the objects.

        Raises:
            ApiError: any answer but success.
            UnreachableError: no answer.
        """
        items: list[JSON] = []
        token = ""
        while True:
            query = [*selectors(labels=labels, fields=fields), ("limit", str(_PAGE)), *([("continue", token)] if token else [])]
            body = successful(self.call("list", path, query=query, accept=accept)).body
            items += typed_items(body)
            metadata = body.get("metadata") or {}
            token = metadata.get("continue") or ""
            if not token:
                return Listing(items=items, resource_version=str(metadata.get("resourceVersion", "")))

    def delete(self, path: str, *, options: JSON) -> None:
        """Asks for the deletion of an object.

        Args:
            path: of the object.
            options: a DeleteOptions object.

        Raises:
            ApiError: any answer but success; ConflictError when a precondition does not hold.
            UnreachableError: no answer.
        """
        successful(self.call("delete", path, body=options))

    def open(self, path: str, *, query: Query, seconds: float) -> Stream:
        """A watch: one attempt, no retry.

        Raises:
            UnreachableError: no answer.
        """
        return self._transport.open(path=path, query=query, seconds=seconds)

    def execute(self, path: str, *, container: str, command: Sequence[str], seconds: float) -> Executed:
        """Runs a command in a container.

        Args:
            path: of the pod.
            container: its name.
            command: program and arguments; no shell unless it is the program.
            seconds: until when it must have ended.

        Raises:
            ExecError: no session, or no end.
        """
        query = [("container", container), ("stdout", "true"), ("stderr", "true"), *(("command", part) for part in command)]
        return self._transport.execute(path=f"{path}/exec", query=query, deadline=Deadline(clock=self.clock, seconds=seconds))

    def lost(self) -> None:
        """Notes that the server did not answer, or not as a server that is well."""
        self._lost_at = self.clock.monotonic()
        if math.isinf(self._lost_since):
            self._lost_since = self._lost_at

    def found(self) -> None:
        """Notes that the server answers."""
        self._lost_since = math.inf

    def is_waking(self) -> bool:
        """Whether the server was lost a moment ago: until it has read its roles it refuses what it will allow."""
        return self.clock.monotonic() - self._lost_at < _WAKING_SECONDS

    @contextmanager
    def _passage(self) -> Iterator[None]:
        with self._gate:
            if self._halted:
                raise HaltedError(
                    what=f"asking {self.server}",
                    found="an interruption",
                    expected="to go on",
                    look="who has ended this process",
                )
            self._under_way += 1
        try:
            yield
        finally:
            with self._gate:
                self._under_way -= 1
                self._gate.notify_all()

    def _patiently(self, send: Callable[[], Answer], *, repeatable: bool) -> Answer:
        deadline, pause = Deadline(clock=self.clock, seconds=self._patience), _FIRST_PAUSE
        while True:
            try:
                with self._passage():
                    answer = send()
            except UnreachableError as problem:
                self.lost()
                if self._is_given_up() or not (repeatable or isinstance(problem, NotSentError)):
                    raise
            else:
                if deadline.passed() or not self._is_passing(answer, repeatable=repeatable):
                    self.found()
                    return answer
                pause = answer.retry_after or pause
            self.clock.pause(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _is_given_up(self) -> bool:
        """Whether the server has been away for too long, whoever asked: the next one who asks does not wait all over again."""
        return self.clock.monotonic() - self._lost_since >= self._patience

    def _is_passing(self, answer: Answer, *, repeatable: bool) -> bool:
        """Whether the same request may well be answered otherwise in a moment, and can do no harm a second time."""
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.lost()
            return repeatable
        return answer.status == HTTPStatus.TOO_MANY_REQUESTS or (answer.status in _REFUSALS and self.is_waking())


@contextmanager
def cluster_of(kubeconfig: Kubeconfig, *, clock: Clock | None = None) -> Iterator[Cluster]:
    """The cluster of a kubeconfig's context, known to answer to these credentials.

    Raises:
        KubeconfigError: the kubeconfig cannot be used.
        UnreachableError: the server does not answer.
        UnauthorizedError, ForbiddenError: it does not know the credentials, or they may not even read the namespace kube-system.
    """
    clock = clock or SystemClock()
    with connect(kubeconfig) as transport:
        Cluster(transport=transport, clock=clock, patience=_FIRST_PATIENCE_SECONDS).get("/api/v1/namespaces/kube-system")
        yield Cluster(transport=transport, clock=clock)


def successful(reply: Reply) -> Reply:
    """The reply, if it is a success.

    Raises:
        ApiError: any other.
    """
    if reply.ok:
        return reply
    raise _error(reply)


def selectors(*, labels: str, fields: str) -> list[tuple[str, str]]:
    """The query of a label and a field selector."""
    return [pair for pair in (("labelSelector", labels), ("fieldSelector", fields)) if pair[1]]


def typed_items(body: JSON) -> list[JSON]:
    """The items of a list with the kind and apiVersion that the API leaves out of them."""
    kind = str(body.get("kind", "")).removesuffix("List")
    return [{"apiVersion": body.get("apiVersion"), "kind": kind, **item} for item in body.get("items") or []]


def _error(reply: Reply) -> ApiError:
    return api_error(verb=reply.verb, path=reply.path, status=reply.status, body=reply.body)


def _decoded(content: bytes) -> JSON:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode(errors="replace")
