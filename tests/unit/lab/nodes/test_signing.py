# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which signing requests go with a node."""

from __future__ import annotations

import base64
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lab.nodes.signing import requests_of

KEY = ec.generate_private_key(ec.SECP256R1())


def request(name: str, subject: str | None, *, user: str = "system:bootstrap:abcdef") -> dict[str, Any]:
    names = [x509.NameAttribute(NameOID.COMMON_NAME, subject)] if subject else []
    signed = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names)).sign(KEY, hashes.SHA256())
    pem = signed.public_bytes(serialization.Encoding.PEM)
    return {"metadata": {"name": name}, "spec": {"username": user, "request": base64.b64encode(pem).decode()}}


def test_requests_are_told_by_what_they_ask_for_and_not_by_who_asked() -> None:
    found = [
        request("first", "system:node:gpu-1"),
        request("renewed", "system:node:gpu-1", user="system:node:gpu-1"),
        request("other", "system:node:gpu-11"),
        request("person", "gpu-1"),
        request("nobody", None),
    ]
    assert requests_of("gpu-1", found) == ["first", "renewed"]
