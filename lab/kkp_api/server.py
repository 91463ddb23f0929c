# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP: who calls, which operation answers, faults, the error envelope, and the marks that tell this API from a KKP."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from lab.errors import LabError
from lab.kkp_api.calls import Call, Operation, Reply
from lab.kkp_api.faults import HTML, TIMED_OUT, Kind
from lab.kkp_api.identity import Caller
from lab.kkp_api.refusals import RefusalError, invalid_token
from lab.kkp_api.services import Services

_log = logging.getLogger(__name__)
# KKP's API sets them on every reply.
_SECURE = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "X-Xss-Protection": "1; mode=block",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}
_READING = ("GET", "HEAD")
_LINGER_NOT = struct.pack("ii", 1, 0)
_OPEN: dict[tuple[str, int] | None, Any] = {}

Endpoint = Callable[[Request], Awaitable[Response]]


class ResettableProtocol(H11Protocol):
    """HTTP/1.1 whose connections can be found by their client's address, so that one can be reset."""

    def connection_made(self, transport: Any) -> None:
        """A client is there."""
        super().connection_made(transport)
        _OPEN[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """A client is gone."""
        _OPEN.pop(self.client, None)
        super().connection_lost(exc)


def server(services: Services, operations: Sequence[Operation], *, host: str, port: int) -> uvicorn.Server:
    """The server, not started yet.

    Args:
        port: 0 takes a free one.
    """
    configuration = uvicorn.Config(
        application(services, operations),
        host=host,
        port=port,
        http=ResettableProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        headers=[*services.notice.items(), *_SECURE.items()],
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(configuration)


def application(services: Services, operations: Sequence[Operation]) -> Starlette:
    """The ASGI application with these operations."""
    routes: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        routes.setdefault(operation.path, {})[operation.method] = operation
    app = Starlette(
        routes=[Route(path, _endpoint(services, methods), methods=list(methods)) for path, methods in routes.items()],
        exception_handlers={404: _unknown_path, 405: _wrong_method, Exception: _unmapped},
    )
    app.router.redirect_slashes = False
    return app


def _endpoint(services: Services, methods: Mapping[str, Operation]) -> Endpoint:
    async def answer(request: Request) -> Response:
        operation = methods["GET" if request.method == "HEAD" else request.method]
        struck = {fault.kind: fault for fault in services.faults.struck(request.method, request.url.path)}
        if Kind.SLOW in struck:
            await asyncio.sleep(struck[Kind.SLOW].seconds)
        if Kind.RESET in struck:
            return _reset(request)
        for kind in (Kind.BAD_GATEWAY, Kind.TOO_MANY):
            if kind in struck:
                return _html(kind)
        body = await request.body()
        response = await run_in_threadpool(_answered, services, operation, request, body, struck)
        if Kind.RESET_AFTER in struck:
            return _reset(request)
        if Kind.GATEWAY_TIMEOUT in struck:
            return _html(Kind.GATEWAY_TIMEOUT)
        if Kind.CREATED_BUT_500 in struck:
            return _refused(TIMED_OUT)
        return response

    return answer


def _answered(services: Services, operation: Operation, request: Request, body: bytes, struck: Mapping[Kind, object]) -> Response:
    caller = Caller(email="")
    try:
        if not operation.is_public:
            if Kind.REVOKED in struck:
                raise invalid_token("the token has been revoked")
            caller = services.identity.caller(authorization=request.headers.get("authorization"), cookie=request.headers.get("cookie"))
        call = Call(
            caller=caller,
            path=request.path_params,
            query=request.query_params,
            headers=request.headers,
            body=body,
            seed_is_broken=Kind.BROKEN_SEED in struck,
        )
        response = _response(operation.answer(services, call))
    except RefusalError as refusal:
        response = _refused(refusal)
    except LabError as error:
        _log.warning("%s %s: %s", operation.method, operation.path, error)
        response = _refused(RefusalError(500, str(error)))
    if request.method not in _READING:
        # Who changed what: what stands can be held against it.
        _log.info("%s %s by %s: %d", request.method, request.url.path, caller.email or "nobody", response.status_code)
    return response


def _response(reply: Reply) -> Response:
    return Response(reply.content(), status_code=reply.status, headers={"Content-Type": "application/json", **reply.headers})


def _refused(refusal: RefusalError) -> Response:
    return _response(Reply(refusal.envelope(), status=refusal.status))


def _html(kind: Kind) -> Response:
    status, title = HTML[kind]
    page = f"<html>\n<head><title>{status} {title}</title></head>\n<body>\n<center><h1>{status} {title}</h1></center>\n</body>\n</html>\n"
    return HTMLResponse(page, status_code=status)


class _Nothing(Response):
    """No reply at all."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send nothing: the connection is gone."""


def _reset(request: Request) -> Response:
    transport = _OPEN.get((request.client.host, request.client.port) if request.client else None)
    if transport is not None:
        # Without lingering, closing a socket sends RST (socket(7)).
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        transport.abort()
    return _Nothing()


async def _unknown_path(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("404 page not found\n", status_code=404)


async def _wrong_method(_request: Request, _error: Exception) -> Response:
    return Response(status_code=405)


async def _unmapped(request: Request, error: Exception) -> Response:
    _log.error("%s %s", request.method, request.url.path, exc_info=error)
    return _refused(RefusalError(500, f"{type(error).__name__}: {error}"))
