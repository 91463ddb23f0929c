# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong on the way to an API server, each with what, found, expected and where to look."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

JSON = Any


class ConformanceError(Exception):
    """Base of everything that this collection raises on purpose.

    Attributes:
        what: what was being done.
        found: what came of it.
        expected: what should have.
        look: where to look next.
    """

    def __init__(self, *, what: str, found: str, expected: str, look: str) -> None:
        super().__init__(f"{what}: found {found}; expected {expected}. Look at {look}.")
        self.what = what
        self.found = found
        self.expected = expected
        self.look = look


class KubeconfigError(ConformanceError):
    """The kubeconfig is missing, is no kubeconfig, or lacks what was asked of it."""


class UnreachableError(ConformanceError):
    """The API server does not answer, or stopped answering."""


class HaltedError(ConformanceError):
    """The process was interrupted, and asks nothing more."""


class ExecError(ConformanceError):
    """A command in a container did not come to an end that the API server reported."""


class ApiError(ConformanceError):
    """The API server answered with something else than success.

    Attributes:
        status: the HTTP status.
        reason: the Status object's machine-readable reason, ``Invalid``; empty when there is none.
        body: the whole answer.
    """

    def __init__(self, *, what: str, found: str, expected: str, look: str, status: int, reason: str, body: JSON) -> None:
        super().__init__(what=what, found=found, expected=expected, look=look)
        self.status = status
        self.reason = reason
        self.body = body


class UnauthorizedError(ApiError):
    """401: the credentials are not known, or no longer valid."""


class ForbiddenError(ApiError):
    """403: the credentials are known and lack a right."""


class NotFoundError(ApiError):
    """404."""


class ConflictError(ApiError):
    """409: the object exists already, or has another UID than the one asked for."""


class GoneError(ApiError):
    """410: the resource version is too old to go on from."""


class InvalidError(ApiError):
    """422: the object does not pass validation."""


_KINDS: Mapping[int, tuple[type[ApiError], str]] = {
    HTTPStatus.UNAUTHORIZED: (UnauthorizedError, "the user of the kubeconfig's context: its certificate or token may have expired"),
    HTTPStatus.FORBIDDEN: (ForbiddenError, "the roles bound to the user of the kubeconfig's context"),
    HTTPStatus.NOT_FOUND: (NotFoundError, "the name, the namespace, and whether the API is served (kubectl api-resources)"),
    HTTPStatus.CONFLICT: (ConflictError, "the object of that name: who made it, and when"),
    HTTPStatus.GONE: (GoneError, "the API server's watch cache"),
    HTTPStatus.UNPROCESSABLE_ENTITY: (InvalidError, "the message, which names the field"),
}


def api_error(*, verb: str, path: str, status: int, body: JSON) -> ApiError:
    """The error for an answer that is no success.

    Args:
        verb: what was asked, e.g. ``create``.
        path: of the request.
        status: the HTTP status.
        body: the answer; normally a Status object (API reference, meta/v1 Status).
    """
    kind, look = _KINDS.get(status, (ApiError, "the API server's log"))
    answer: Mapping[str, JSON] = body if isinstance(body, Mapping) else {}
    reason = answer.get("reason") if isinstance(answer.get("reason"), str) else ""
    message = answer.get("message") or str(body)[:300] or "an empty answer"
    return kind(
        what=f"{verb} {path}",
        found=f"HTTP {status}{f' {reason}' if reason else ''}: {message}",
        expected="success",
        look=look,
        status=status,
        reason=str(reason),
        body=body,
    )
