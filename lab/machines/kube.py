# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small typed client of one API server: JSON over HTTPS, one connection per thread, watches that can be ended.

The official client brings no types, and its watches end only when the server sends the next line; machines need eight verbs.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import yaml

from lab.errors import LabError

JSON = dict[str, Any]

_ANSWER_SECONDS = 30.0
_CONNECT_SECONDS = 10.0
_WATCH_SECONDS = 600
_MERGE = "application/merge-patch+json"
_APPLY = "application/apply-patch+yaml"


class KubeError(Exception):
    """The API server refused, or could not be reached.

    Attributes:
        status: of HTTP; 0 where there was no answer.
        reason: the API's word for it (metav1.Status), e.g. NotFound.
    """

    def __init__(self, status: int, reason: str, message: str) -> None:
        self.status, self.reason = status, reason
        super().__init__(f"{message} ({status} {reason})" if status else message)

    @property
    def gone(self) -> bool:
        """There is no such object (any more)."""
        return self.status == http.client.NOT_FOUND

    @property
    def stale(self) -> bool:
        """Somebody else was faster: the object is there already, or is another by now."""
        return self.status == http.client.CONFLICT


@dataclass(frozen=True, slots=True)
class Access:
    """Where an API server is and how one proves who one is to it."""

    host: str
    port: int
    tls: ssl.SSLContext
    token: str | None

    @classmethod
    def of(cls, kubeconfig: Path) -> Access:
        """What a kubeconfig's current context says: a client certificate or a token.

        Raises:
            LabError: there is no such file, or it says something else.
        """
        try:
            return cls._read(yaml.safe_load(kubeconfig.read_text()), kubeconfig.parent)
        except (OSError, KeyError, TypeError, StopIteration, ValueError, yaml.YAMLError) as exc:
            raise LabError(
                f"the kubeconfig {kubeconfig}",
                found=f"{type(exc).__name__}: {exc}",
                expected="a current context with an https server, its CA, and a client certificate or a token",
                see="The node engine writes one for each cluster.",
            ) from exc

    @classmethod
    def _read(cls, config: JSON, folder: Path) -> Access:
        context = _named(config["contexts"], config["current-context"])["context"]
        cluster = _named(config["clusters"], context["cluster"])["cluster"]
        user = _named(config["users"], context["user"])["user"]
        url = urlsplit(cluster["server"])
        if url.scheme != "https" or not url.hostname:
            raise ValueError(cluster["server"])
        tls = ssl.create_default_context(cadata=_bytes(cluster, "certificate-authority", folder).decode())
        if "client-certificate-data" in user or "client-certificate" in user:
            _identify(tls, _bytes(user, "client-certificate", folder) + b"\n" + _bytes(user, "client-key", folder))
        return cls(host=url.hostname, port=url.port or 443, tls=tls, token=user.get("token"))

    def connect(self, *, timeout: float) -> http.client.HTTPSConnection:
        """A connection; it opens with its first request."""
        return http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=self.tls)

    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Accept": "application/json", **({"Authorization": f"Bearer {self.token}"} if self.token else {})}


class Kube:
    """One API server. Every method raises KubeError where the server refuses or does not answer."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._own = threading.local()

    def get(self, path: str) -> JSON:
        """One object."""
        return self._send("GET", path)

    def list(self, path: str, **query: str) -> Sequence[JSON]:
        """All objects of a collection, as of now."""
        items: Sequence[JSON] = self._send("GET", f"{path}?{urlencode(query)}" if query else path)["items"]
        return items

    def create(self, path: str, body: Mapping[str, Any]) -> JSON:
        """Make an object, ``path`` being its collection's."""
        return self._send("POST", path, body)

    def replace(self, path: str, body: Mapping[str, Any]) -> JSON:
        """Put an object in the place of its namesake, if that is still the version that the body names."""
        return self._send("PUT", path, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> JSON:
        """Change fields of an object (RFC 7386)."""
        return self._send("PATCH", path, body, content=_MERGE)

    def apply(self, path: str, body: Mapping[str, Any], *, manager: str) -> JSON:
        """Make an object what the body says, and its fields the manager's (server-side apply)."""
        return self._send("PATCH", f"{path}?{urlencode({'fieldManager': manager, 'force': 'true'})}", body, content=_APPLY)

    def delete(self, path: str, **options: Any) -> None:
        """Delete an object; one that is gone already is fine.

        Args:
            options: of metav1.DeleteOptions, e.g. propagationPolicy.
        """
        try:
            self._send("DELETE", path, {"kind": "DeleteOptions", "apiVersion": "v1", **options})
        except KubeError as error:
            if not error.gone:
                raise

    def watch(self, path: str) -> Watch:
        """Watch a collection from now on."""
        return Watch(self._access, path)

    def _send(self, verb: str, path: str, body: Mapping[str, Any] | None = None, *, content: str = "application/json") -> JSON:
        payload = None if body is None else json.dumps(body)
        headers = {**self._access.headers(), "Content-Type": content}
        # A connection that was kept may have been closed at the other end: then the request is sent once more, unless it makes something.
        for attempt in (1, 2):
            connection = self._connection()
            fresh = connection.sock is None
            try:
                connection.request(verb, path, body=payload, headers=headers)
                answer = connection.getresponse()
                return _read(answer.status, answer.read(), f"{verb} {path}")
            except (OSError, http.client.HTTPException) as exc:
                connection.close()
                if attempt == 2 or fresh or verb == "POST":
                    raise KubeError(0, "Unreachable", f"{verb} {path}: {type(exc).__name__}: {exc}") from exc
        raise AssertionError

    def _connection(self) -> http.client.HTTPSConnection:
        if not hasattr(self._own, "connection"):
            self._own.connection = self._access.connect(timeout=_ANSWER_SECONDS)
        connection: http.client.HTTPSConnection = self._own.connection
        return connection

    def close(self) -> None:
        """Close this thread's connection."""
        self._connection().close()


class Watch:
    """One watch: iterating yields each event as the server sends it, until it ends, breaks, or is closed."""

    def __init__(self, access: Access, path: str) -> None:
        self._access = access
        self._path = f"{path}?{urlencode({'watch': 'true', 'timeoutSeconds': str(_WATCH_SECONDS)})}"
        self._connection = access.connect(timeout=_CONNECT_SECONDS)
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[JSON]:
        try:
            self._connection.connect()
            # The server ends a watch sooner; a server that died without a word is noticed by this.
            self._connection.sock.settimeout(_WATCH_SECONDS + 30)
            if self._closed.is_set():
                return
            self._connection.request("GET", self._path, headers=self._access.headers())
            answer = self._connection.getresponse()
            if answer.status != http.client.OK:
                _read(answer.status, answer.read(), f"GET {self._path}")
            while not self._closed.is_set() and (line := answer.readline()):
                yield json.loads(line)
        except (OSError, http.client.HTTPException, ValueError) as exc:
            if not self._closed.is_set():
                raise KubeError(0, "Unreachable", f"watch {self._path}: {exc}") from exc
        finally:
            self._connection.close()

    def close(self) -> None:
        """End it, from any thread."""
        self._closed.set()
        if (held := self._connection.sock) is not None:
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)


def _read(status: int, payload: bytes, what: str) -> JSON:
    try:
        found: JSON = json.loads(payload)
    except ValueError:
        found = {"message": payload.decode(errors="replace")[:200]}
    if status >= http.client.BAD_REQUEST:
        raise KubeError(status, str(found.get("reason", "")), f"{what}: {found.get('message', '')}")
    return found


def _named(entries: Sequence[JSON], name: str) -> JSON:
    return next(entry for entry in entries if entry["name"] == name)


def _bytes(entry: JSON, key: str, folder: Path) -> bytes:
    if data := entry.get(f"{key}-data"):
        return base64.b64decode(data)
    return (folder / str(entry[key])).read_bytes()


def _identify(tls: ssl.SSLContext, pem: bytes) -> None:
    # The ssl module reads certificates from files only; this one is in memory and leaves nothing on disk.
    file = os.memfd_create("client-certificate")
    try:
        os.write(file, pem)
        tls.load_cert_chain(f"/proc/self/fd/{file}")
    finally:
        os.close(file)
