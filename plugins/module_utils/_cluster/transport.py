# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The official client library, behind the few calls that the collection makes. No other module imports it."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import urlencode

import yaml

from .clock import Deadline
from .errors import ExecError, KubeconfigError, UnreachableError
from .kubeconfig import Kubeconfig, with_files
from .private_files import PrivateFiles

try:
    import kubernetes.client
    import kubernetes.config
    import kubernetes.stream.ws_client
    import urllib3
except ImportError as problem:
    LIBRARY_PROBLEM: ImportError | None = problem
else:
    LIBRARY_PROBLEM = None

JSON = Any
Query = Sequence[tuple[str, str]]

LIBRARY = "kubernetes"
"""Name of the library on PyPI."""

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_OBJECT = re.compile(r"<[^>]*object at 0x[0-9a-f]+>: ")
_CONNECTIONS = 32
_CONNECT_SECONDS = 5.0
_STDOUT, _STDERR, _STATUS = 1, 2, 3


class NotSentError(UnreachableError):
    """The connection could not be made: nothing has reached the server, so that anything can be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, success or not.

    Attributes:
        status: the HTTP status.
        content: the body.
        retry_after: seconds that the server asks to wait; None when it does not ask.
        type: the header Content-Type; empty when there is none.
    """

    status: int
    content: bytes
    retry_after: float | None
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """A command that ended in a container.

    Attributes:
        exit_code: as the container runtime reported it.
        stdout: UTF-8, undecodable bytes replaced.
        stderr: the same.
    """

    exit_code: int
    stdout: str
    stderr: str


class Stream:
    """The lines of an answer that does not end."""

    def __init__(self, *, response: urllib3.BaseHTTPResponse, where: str) -> None:
        self.status = response.status
        self._response = response
        self._where = where

    def lines(self) -> Iterator[bytes]:
        """Complete lines, without their ends. What is left of a line when the connection ends is dropped.

        Raises:
            UnreachableError: the connection broke.
        """
        rest = b""
        try:
            for chunk in self._response.stream():
                *complete, rest = (rest + chunk).split(b"\n")
                yield from complete
        except (urllib3.exceptions.HTTPError, OSError) as problem:
            raise _unreachable(f"reading from {self._where}", problem) from problem

    def content(self) -> bytes:
        """All of it: for an answer that turned out to be an error.

        Raises:
            UnreachableError: the connection broke.
        """
        try:
            return self._response.read()
        except (urllib3.exceptions.HTTPError, OSError) as problem:
            raise _unreachable(f"reading from {self._where}", problem) from problem

    def abort(self) -> None:
        """Ends a read that blocks in another thread. Safe to call more than once."""
        with contextlib.suppress(AttributeError, ValueError, OSError):
            self._response.shutdown()

    def close(self) -> None:
        """Gives the connection up. For the thread that reads."""
        self._response.close()


class Transport:
    """One API server, reached through the client library's connections and credentials. Threads may share it."""

    def __init__(self, *, configuration: Any) -> None:
        configuration.retries = False
        configuration.connection_pool_maxsize = _CONNECTIONS
        self.server: str = configuration.host
        self._configuration = configuration
        self._api = kubernetes.client.ApiClient(configuration)
        self._pool: urllib3.PoolManager = self._api.rest_client.pool_manager

    @classmethod
    def to(cls, server: str) -> Self:
        """A server that asks for no credentials, by its address."""
        configuration = kubernetes.client.Configuration()
        configuration.host = server
        return cls(configuration=configuration)

    def send(self, *, method: str, path: str, query: Query, body: JSON, headers: Mapping[str, str], seconds: float) -> Answer:
        """One request with its whole answer.

        Args:
            method: ``GET``, ``POST``, …
            path: without the server's address.
            query: pairs; a key can occur more than once.
            body: JSON; None for none.
            headers: beside the credentials.
            seconds: how long the server may be silent.

        Raises:
            NotSentError: no connection.
            UnreachableError: the connection broke; whether the request was carried out is not known.
        """
        try:
            response = self._request(method, path, query=query, body=body, headers=headers, seconds=seconds)
            return Answer(
                status=response.status,
                content=response.read(),
                retry_after=_retry_after(response.headers),
                type=response.headers.get("Content-Type", ""),
            )
        except (urllib3.exceptions.HTTPError, OSError) as problem:
            raise self._lost(f"{method} {path}", problem) from problem

    def open(self, *, path: str, query: Query, seconds: float) -> Stream:
        """A GET whose answer is read while it arrives.

        Raises:
            NotSentError: no connection.
            UnreachableError: the connection broke.
        """
        try:
            return Stream(response=self._request("GET", path, query=query, seconds=seconds), where=f"{self.server}{path}")
        except (urllib3.exceptions.HTTPError, OSError) as problem:
            raise self._lost(f"watch {path}", problem) from problem

    def execute(self, *, path: str, query: Query, deadline: Deadline) -> Executed:
        """Runs a command by the exec subresource's WebSocket (protocol v4.channel.k8s.io).

        Raises:
            ExecError: the server refused the session, or the command had not ended at the deadline.
        """
        where = f"exec {path} on {self.server}"
        try:
            session = kubernetes.stream.ws_client.websocket_call(
                self._configuration, "GET", self.server + path, query_params=query, headers=self._credentials(), _preload_content=False
            )
        except kubernetes.client.ApiException as problem:
            raise _no_session(where, str(problem.reason)) from problem
        try:
            while session.is_open() and not deadline.passed():
                session.update(timeout=min(1.0, deadline.left()))
            stdout, stderr, status = (session.read_channel(channel) for channel in (_STDOUT, _STDERR, _STATUS))
        except (OSError, kubernetes.stream.ws_client.WebSocketConnectionClosedException) as problem:
            raise _no_session(where, f"a broken connection ({problem})") from problem
        finally:
            session.close()
        return Executed(exit_code=_exit_code(status, where=where, output=stdout + stderr), stdout=stdout, stderr=stderr)

    def close(self) -> None:
        """Closes the connections that nobody uses."""
        self._pool.clear()

    def _credentials(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        self._api.update_params_for_auth(headers, [], ["BearerToken"])
        return headers

    def _request(
        self, method: str, path: str, *, query: Query, seconds: float, body: JSON = None, headers: Mapping[str, str] = _NO_HEADERS
    ) -> urllib3.BaseHTTPResponse:
        return self._pool.request(
            method,
            f"{self.server}{path}{'?' if query else ''}{urlencode(query)}",
            body=None if body is None else json.dumps(body).encode(),
            headers={"User-Agent": "ailab.conformance", **headers, **self._credentials()},
            preload_content=False,
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=seconds),
        )

    def _lost(self, what: str, problem: Exception) -> UnreachableError:
        unsent = isinstance(problem, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError)
        return _unreachable(f"{what} on {self.server}", problem, kind=NotSentError if unsent else UnreachableError)


@contextlib.contextmanager
def connect(kubeconfig: Kubeconfig) -> Iterator[Transport]:
    """The API server of a kubeconfig's context. The private files of its credentials are removed at the end.

    Raises:
        KubeconfigError: the client library cannot use the kubeconfig, e.g. because a file that it names is missing.
    """
    with PrivateFiles() as files:
        configuration = kubernetes.client.Configuration()
        try:
            kubernetes.config.load_kube_config_from_dict(
                with_files(kubeconfig, files=files),
                context=kubeconfig.context,
                client_configuration=configuration,
                persist_config=False,
            )
            transport = Transport(configuration=configuration)
        except (kubernetes.config.ConfigException, OSError, ValueError) as problem:
            raise KubeconfigError(
                what=f"using context {kubeconfig.context!r} of {kubeconfig.path}",
                found=str(problem),
                expected="certificates, keys and credentials that can be loaded",
                look="the files and programs that the kubeconfig names",
            ) from problem
        with contextlib.closing(transport):
            yield transport


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None


def _unreachable(what: str, problem: Exception, *, kind: type[UnreachableError] = UnreachableError) -> UnreachableError:
    untrusted = isinstance(problem, urllib3.exceptions.SSLError)
    return kind(
        what=what,
        found=f"no answer ({type(problem).__name__}: {_OBJECT.sub('', str(problem))})",
        expected="an API server that answers",
        look="the certificates in the kubeconfig" if untrusted else "the address in the kubeconfig, the network to it, and the API server",
    )


def _exit_code(status: str, *, where: str, output: str) -> int:
    """Reads the Status object of the exec protocol's error channel."""
    verdict = yaml.safe_load(status) if status else None
    if not isinstance(verdict, Mapping):
        raise _no_session(where, f"no exit status in time; output so far {output[:200]!r}")
    if verdict.get("status") == "Success":
        return 0
    causes = (verdict.get("details") or {}).get("causes") or []
    code = next((str(cause.get("message")) for cause in causes if cause.get("reason") == "ExitCode"), "")
    if not code.isdecimal():
        raise _no_session(where, str(verdict.get("message")))
    return int(code)


def _no_session(what: str, found: str) -> ExecError:
    return ExecError(
        what=what,
        found=found,
        expected="a command that ends, with its exit status",
        look="the right to create pods/exec, and the kubelet and container runtime of the pod's node",
    )
