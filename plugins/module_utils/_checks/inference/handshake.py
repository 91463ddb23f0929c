# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request over TLS that trusts one authority only, and who answered it with which certificate."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import CONTAINER, FOLDER

from .site import CLIENT

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_ANSWER = re.compile(r"^(?P<body>.*)\nANSWERED (?P<status>\d{3})\n", re.DOTALL)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----(?P<base64>[A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_UNVERIFIED = 60
"""curl's exit status for a server that is not who it should be (CURLE_PEER_FAILED_VERIFICATION)."""

_CONNECT_SECONDS, _SECONDS = 3, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """What came of a request.

    Attributes:
        status: of HTTP; 0 for no answer.
        body: of the answer.
        fingerprint: SHA-256 of the server's certificate, where it was verified; empty where none was, or the client does not show it.
        exit_code: of the client.
        trouble: what the client says about it.
    """

    status: int
    body: str
    fingerprint: str
    exit_code: int
    trouble: str

    @classmethod
    def read(cls, fact: JSON) -> Handshake | None:
        """From a record of ``shake``; None where nothing was sent."""
        values: Mapping[str, JSON] = fact if isinstance(fact, Mapping) else {}
        text, exit_code = values.get("stdout"), values.get("exit_code")
        answer = _ANSWER.match(text) if isinstance(text, str) else None
        if answer is None or not isinstance(text, str) or not isinstance(exit_code, int) or isinstance(exit_code, bool):
            return None
        said = str(values.get("stderr") or "").strip().splitlines()
        return cls(
            status=int(answer["status"]),
            body=answer["body"][:40],
            fingerprint=_fingerprint(text[answer.end() :]),
            exit_code=exit_code,
            trouble=said[0][:160] if said else "",
        )

    @property
    def works(self) -> bool:
        """Whether a server of the authority was spoken to, whatever it said."""
        return self.exit_code == 0 and self.status != 0

    @property
    def unverified(self) -> bool:
        """Whether a server answered whose certificate is not the authority's, not for this host, or not valid."""
        return self.exit_code == _UNVERIFIED

    def __str__(self) -> str:
        if self.status:
            return f"{self.status}{f' {self.body}' if self.body else ''}"
        return f"no answer over TLS ({self.trouble or f'exit status {self.exit_code} of the client'})"


def shake(bench: Bench, fact: str, *, at: str, host: str, authority: str) -> None:
    """Sends one request over TLS by way of the site's client, recorded with the client's output.

    The host's name is sent in the handshake (SNI) and is what the certificate is verified for.

    Args:
        bench: the way to the cluster.
        fact: the record's name.
        at: address of the gateway.
        host: that is asked for.
        authority: certificate of the only authority that is trusted, PEM.

    Raises:
        ExecError: the client did not come to an end.
    """
    where = f"[{at}]" if ":" in at else at
    trusted = f"{FOLDER}/authority.pem"
    curl = [
        "curl",
        "--silent",
        "--show-error",
        "--noproxy",
        "*",
        "--connect-timeout",
        str(_CONNECT_SECONDS),
        "--max-time",
        str(_SECONDS),
        "--cacert",
        trusted,
        "--connect-to",
        f"{host}:443:{where}:443",
        "--write-out",
        "\nANSWERED %{http_code}\n%{certs}",
        f"https://{host}/",
    ]
    command = ["sh", "-c", f'printf %s "$1" >{trusted} && shift && exec "$@"', "sh", authority, *curl]
    path = kinds.POD.path(name=CLIENT, namespace=bench.namespace)
    done = bench.cluster.execute(path, container=CONTAINER, command=command, seconds=_SECONDS + 15.0)
    bench.note(fact, {"command": curl, "exit_code": done.exit_code, "stdout": done.stdout, "stderr": done.stderr[-400:]})


def _fingerprint(text: str) -> str:
    """Of the first certificate, which is the server's."""
    found = _CERTIFICATE.search(text)
    if found is None:
        return ""
    try:
        return hashlib.sha256(base64.b64decode("".join(found["base64"].split()), validate=True)).hexdigest()
    except binascii.Error:
        return ""
