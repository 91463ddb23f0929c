# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP, one request at a time. Redirects are not followed: a token goes to the named server and nowhere else."""

from __future__ import annotations

import ipaddress
import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

from .errors import OptionError, UnreachableError

try:
    import urllib3
except ImportError as problem:
    LIBRARY_PROBLEM: ImportError | None = problem
else:
    LIBRARY_PROBLEM = None

JSON = Any
Query = Sequence[tuple[str, str]]

LIBRARY = "urllib3"
"""Name of the library on PyPI."""

_SUFFIXES = ("/api/v1", "/api/v2", "/api", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a KKP API is, and how it is spoken to.

    Attributes:
        url: without a path: ``https://kkp.example.com``.
        token: of a service account or a user; a secret.
        validate_certs: whether the certificate must be trusted.
        ca_path: file or directory of certificates to trust instead of the system's; empty for the system's.
        timeout: seconds for which the server may be silent.
    """

    url: str
    token: str
    validate_certs: bool = True
    ca_path: str = ""
    timeout: float = 60.0

    def __repr__(self) -> str:
        return f"Address({self.url})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, success or not.

    Attributes:
        status: the HTTP status.
        content: the body.
        retry_after: seconds that the server asks to wait; None when it does not ask.
    """

    status: int
    content: bytes
    retry_after: float | None

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


class Transport:
    """One KKP API, over kept-alive connections.

    Raises:
        OptionError: the address cannot be used.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._timeout = urllib3.Timeout(connect=min(address.timeout, 10.0), read=address.timeout)
        self._pool = _pool(address)

    def close(self) -> None:
        """Closes its connections."""
        self._pool.clear()

    def send(self, *, method: str, path: str, query: Query, body: JSON, headers: Mapping[str, str]) -> Answer:
        """One request with its whole answer.

        Args:
            method: ``GET``, ``POST``, …
            path: from ``/api`` on.
            query: pairs.
            body: JSON; None for none.
            headers: beside the token and the content type.

        Raises:
            UnreachableError: no answer, or not all of it.
        """
        content = None if body is None else json.dumps(body).encode()
        own = {"Authorization": f"Bearer {self._address.token}", "Accept": "application/json", "Content-Type": "application/json"}
        url = f"{self._address.url}{path}{'?' if query else ''}{urlencode(query)}"
        try:
            response = self._pool.request(
                method, url, body=content, headers={**own, **headers}, timeout=self._timeout, retries=False, redirect=False
            )
            return Answer(status=response.status, content=response.data, retry_after=_seconds(response.headers.get("Retry-After")))
        except (urllib3.exceptions.HTTPError, OSError) as lost:
            raise _unreachable(f"{method} {self._address.url}{path}", lost) from lost


def normalised(url: str, *, validate_certs: bool) -> str:
    """The server's address without a path. What scripts use, which ends with ``/api/v2``, is accepted.

    Raises:
        OptionError: it is no address, has credentials inside, or would send the token in clear text over a network.
    """
    parts = urlsplit(url.strip())
    path = parts.path.rstrip("/")
    if parts.scheme not in {"http", "https"} or not parts.hostname or path not in _SUFFIXES or parts.query or parts.fragment:
        raise _bad_url("a text that is no address of a server" if "@" in url else repr(url))
    if parts.username or parts.password:
        raise _bad_url("an address with a user name or password inside")
    if parts.scheme == "http" and validate_certs and not _loopback(parts.hostname):
        raise _bad_url(f"{url!r}, which would send the token in clear text")
    return f"{parts.scheme}://{parts.netloc}"


def _bad_url(found: str) -> OptionError:
    return OptionError(
        what="option api_url",
        found=found,
        expected="an address such as https://kkp.example.com (plain http only on this machine, or with validate_certs: false)",
        look="the address of the KKP dashboard, without the part behind the host",
    )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _pool(address: Address) -> urllib3.PoolManager:
    context = _context(address)
    parts = urlsplit(address.url)
    proxy = getproxies().get(parts.scheme)
    if proxy and not _loopback(str(parts.hostname)) and not proxy_bypass(str(parts.hostname)):
        return urllib3.ProxyManager(proxy if "://" in proxy else f"http://{proxy}", ssl_context=context)
    return urllib3.PoolManager(ssl_context=context)


def _context(address: Address) -> ssl.SSLContext:
    trusted = Path(address.ca_path) if address.ca_path else None
    try:
        context = ssl.create_default_context(
            cafile=str(trusted) if trusted and not trusted.is_dir() else None, capath=str(trusted) if trusted and trusted.is_dir() else None
        )
    except (OSError, ssl.SSLError) as problem:
        raise OptionError(
            what="option ca_path",
            found=f"{address.ca_path}: {problem.strerror or problem}",
            expected="a file or directory of PEM certificates",
            look="the path, and who may read it",
        ) from problem
    if not address.validate_certs:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _unreachable(what: str, lost: Exception) -> UnreachableError:
    if isinstance(lost, urllib3.exceptions.SSLError):
        return UnreachableError(what=what, found=str(lost), look="the options ca_path and validate_certs", sent=False, final=True)
    unsent = isinstance(
        lost, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError | urllib3.exceptions.ProxyError
    )
    return UnreachableError(what=what, found=_reason(lost), look="the address, the network, and the proxy settings", sent=not unsent)


def _reason(lost: Exception) -> str:
    """The innermost cause: urllib3 wraps sockets' errors, and names its own objects in the text."""
    while isinstance(lost.__cause__ or lost.__context__, Exception) and not isinstance(lost, ConnectionError | TimeoutError):
        inner = lost.__cause__ or lost.__context__
        lost = inner if isinstance(inner, Exception) else lost
    text = lost.strerror if isinstance(lost, OSError) and lost.strerror else str(lost)
    return text or type(lost).__name__


def _seconds(value: str | None) -> float | None:
    return float(value) if value and value.strip().isdigit() else None
