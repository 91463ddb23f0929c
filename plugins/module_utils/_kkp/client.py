# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to the KKP API as JSON, with the one retry policy.

What may have been carried out is never sent twice without looking: a create whose answer is lost is looked for by name first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import quote

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Clock, Deadline

from .errors import KkpApiError, KkpError, UnreachableError, api_error
from .redact import Redactor
from .transport import Answer, Query, Transport

JSON = Any
T = TypeVar("T")

_GATEWAY = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 2.0


class Api:
    """A KKP API.

    Args:
        transport: the way there.
        clock: time.
        patience: seconds for which a lost, overloaded or not yet ready server is asked again.
        redactor: keeps secrets out of the errors' texts.
    """

    def __init__(self, *, transport: Transport, clock: Clock, patience: float, redactor: Redactor) -> None:
        self.clock = clock
        self.redactor = redactor
        self._transport = transport
        self._patience = patience

    def get(self, path: str, *, query: Query = ()) -> JSON:
        """An object or a list.

        Raises:
            KkpApiError: any answer but success.
            UnreachableError: no answer.
        """
        return _decoded(self._patiently("GET", path, query=query))

    def find(self, path: str) -> JSON | None:
        """An object; None where KKP says that there is none.

        Raises:
            KkpApiError: any other answer but success.
            UnreachableError: no answer.
        """
        try:
            return self.get(path)
        except KkpApiError as problem:
            if problem.missing:
                return None
            raise

    def raw(self, path: str) -> bytes:
        """A document that is no JSON, such as a kubeconfig.

        Raises:
            KkpApiError: any answer but success.
            UnreachableError: no answer.
        """
        return self._patiently("GET", path).content

    def put(self, path: str, body: JSON = None, *, query: Query = ()) -> JSON:
        """Replaces an object, or does to it what the path says; the same a second time.

        Raises:
            KkpApiError: any answer but success.
            UnreachableError: no answer.
        """
        return _decoded(self._patiently("PUT", path, query=query, body=body))

    def patch(self, path: str, body: JSON) -> JSON:
        """Applies a JSON merge patch (RFC 7386): null removes, lists are replaced.

        Raises:
            KkpApiError: any answer but success.
            UnreachableError: no answer.
        """
        return _decoded(self._patiently("PATCH", path, body=body))

    def delete(self, path: str, *, query: Query = (), headers: Mapping[str, str] = _NO_HEADERS) -> None:
        """Asks for the deletion of an object. One that is gone already is fine.

        Raises:
            KkpApiError: any other answer but success.
            UnreachableError: no answer.
        """
        try:
            self._patiently("DELETE", path, query=query, headers=headers)
        except KkpApiError as problem:
            if not problem.missing:
                raise

    def post(self, path: str, body: JSON) -> JSON:
        """Sends what must not be carried out twice. It is sent again only where KKP refused it or never saw it.

        Raises:
            KkpApiError: any answer but success.
            UnreachableError: no answer.
        """
        return _decoded(self._patiently("POST", path, body=body, repeatable=False))

    def create(self, path: str, body: JSON, *, look: Callable[[], T | None], read: Callable[[JSON], T]) -> T:
        """Creates an object, once, whatever happens to the answer.

        KKP may answer 500 although the object exists, an ingress may give up before KKP does, a connection may break. So after any such
        answer the object is looked for by name, and only where it does not exist the request is sent again.

        Args:
            path: of the collection.
            body: the object.
            look: finds the object by name; None where there is none.
            read: makes the typed object of the answer.

        Raises:
            KkpApiError: KKP refuses, or answers with an error and there is no object.
            UnreachableError: no answer, and no object.
        """
        deadline, doubtful = Deadline(clock=self.clock, seconds=self._patience), False
        for pause in _pauses():
            try:
                return read(self.post(path, body))
            except (KkpApiError, UnreachableError) as problem:
                doubtful = doubtful or _doubtful(problem)
                found = look() if doubtful else None
                if found is not None:
                    return found
                if deadline.passed() or not (_doubtful(problem) and _passing(problem)):
                    raise
            self.clock.pause(min(pause, deadline.left()))
        raise AssertionError  # the pauses never end

    def _patiently(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: JSON = None,
        headers: Mapping[str, str] = _NO_HEADERS,
        repeatable: bool = True,
    ) -> Answer:
        deadline = Deadline(clock=self.clock, seconds=self._patience)
        for pause in _pauses():
            wish: float | None = None
            problem: KkpApiError | UnreachableError
            try:
                answer = self._transport.send(method=method, path=path, query=query, body=body, headers=headers)
            except UnreachableError as lost:
                problem = lost
            else:
                if answer.ok:
                    return answer
                wish = answer.retry_after
                problem = api_error(
                    what=f"{method} {path}",
                    status=answer.status,
                    content=self.redactor.text(answer.content.decode(errors="replace")).encode(),
                )
            if deadline.passed() or not (_refused(problem) or (repeatable and _passing(problem))):
                raise problem
            self.clock.pause(min(wish or pause, deadline.left()))
        raise AssertionError  # the pauses never end


def segment(text: str) -> str:
    """A name or id as one segment of a path."""
    return quote(text, safe="")


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 2, _LONGEST_PAUSE)


def _refused(problem: KkpError) -> bool:
    """Whether the request was not carried out, for a reason that passes."""
    if isinstance(problem, UnreachableError):
        return not (problem.sent or problem.final)
    return isinstance(problem, KkpApiError) and (problem.not_ready or problem.status == HTTPStatus.TOO_MANY_REQUESTS)


def _passing(problem: KkpError) -> bool:
    """Whether asking again may help, where asking twice does no harm."""
    if isinstance(problem, UnreachableError):
        return not problem.final
    return isinstance(problem, KkpApiError) and (problem.overtaken or (problem.status in _GATEWAY and not problem.spoken))


def _doubtful(problem: KkpError) -> bool:
    """Whether the request may have been carried out."""
    if isinstance(problem, UnreachableError):
        return problem.sent
    return isinstance(problem, KkpApiError) and problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not problem.not_ready


def _decoded(answer: Answer) -> JSON:
    try:
        return json.loads(answer.content) if answer.content else None
    except ValueError as problem:
        raise api_error(what="an answer that should be JSON", status=answer.status, content=answer.content) from problem
