# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A KKP API inside the test process: bodies, faults and life cycle as KKP 2.29 has them, in memory. It records what it is asked."""

from __future__ import annotations

import copy
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

JSON = Any

TOKEN = "kkp-test-token-5f0c9a7e"
HTML = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"


class RefusedError(Exception):
    """KKP says no, in its envelope."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: JSON


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A request and its answer. A fault's answer is not KKP's own."""

    request: Request
    status: int
    content: bytes
    fault: bool


@dataclass(kw_only=True)
class Fault:
    """What goes wrong, and how often.

    Attributes:
        method: of the request.
        path: regular expression, searched in the path.
        status: of the answer; 0 to break the connection; OWN for the answer that there would be without it.
        content: of the answer.
        carried_out: whether the request is carried out all the same.
        times: how often.
        headers: of the answer.
        seconds: of silence before it.
    """

    method: str
    path: str
    status: int = 0
    content: bytes = HTML
    carried_out: bool = False
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


OWN = -1
Handler = Callable[..., tuple[int, JSON]]


def pattern_of(path: str) -> re.Pattern[str]:
    """Matches a path of a route; the parts in braces become groups."""
    return re.compile("^" + re.sub(r"{([a-z_]+)}", r"(?P<\1>[^/]+)", path) + "$")


def envelope(status: int, message: str) -> bytes:
    return json.dumps({"error": {"code": status, "message": message}}).encode()


class FakeKkp:
    """The server.

    Attributes:
        exchanges: everything that was asked and answered.
        faults: what is going to go wrong.
        state: all objects, by kind.
    """

    def __init__(self, routes: Mapping[tuple[str, str], Handler]) -> None:
        self.exchanges: list[Exchange] = []
        self.faults: list[Fault] = []
        self.state: dict[str, JSON] = {}
        self._routes = [(method, pattern_of(path), work) for (method, path), work in routes.items()]
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def secure(self, certificate: Path, key: Path) -> None:
        """From now on, speaks TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def asked(self, method: str, path: str = "") -> list[Request]:
        """The requests so far of this method whose path has this regular expression in it."""
        return [item.request for item in self.exchanges if item.request.method == method and re.search(path, item.request.path)]

    @property
    def changes(self) -> list[Request]:
        """The requests so far that are no reads."""
        return [item.request for item in self.exchanges if item.request.method != "GET"]

    def answer(self, request: Request) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers; status 0 to break the connection."""
        with self._lock:
            fault, sent = self._fault(request), replace(request, body=copy.deepcopy(request.body))
            headers: dict[str, str] = {}
            if fault is None or fault.carried_out or fault.status == OWN:
                status, content = self._served(request)
            if fault is not None and fault.status != OWN:
                status, content, headers = fault.status, fault.content, fault.headers
            self.exchanges.append(Exchange(request=sent, status=status, content=content, fault=fault is not None))
        if fault is not None:
            time.sleep(fault.seconds)
        return status, content, headers

    def _fault(self, request: Request) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.method == request.method and re.search(fault.path, request.path):
                fault.times -= 1
                return fault
        return None

    def _served(self, request: Request) -> tuple[int, bytes]:
        try:
            authorised(request)
            for method, pattern, work in self._routes:
                match = pattern.match(request.path)
                if match and method == request.method:
                    parts = {key: unquote(value) for key, value in match.groupdict().items()}
                    status, body = work(self.state, request, **parts)
                    return status, body if isinstance(body, bytes) else json.dumps(body).encode()
        except RefusedError as refused:
            return refused.status, envelope(refused.status, refused.message)
        return 404, b"404 page not found\n"


def authorised(request: Request) -> None:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        raise RefusedError(401, "access denied, invalid token: token has been revoked")


def _handler(kkp: FakeKkp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            parts = urlsplit(self.path)
            request = Request(
                method=self.command,
                path=parts.path,
                query=dict(parse_qsl(parts.query)),
                headers=dict(self.headers.items()),
                body=json.loads(raw) if raw else None,
            )
            status, content, headers = kkp.answer(request)
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self._serve
            raise AttributeError(name)

        def log_message(self, *_: object) -> None:
            """Says nothing: a test's output is the test's."""

    return Handler
