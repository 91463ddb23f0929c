# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate signing requests of kubelets (certificates.k8s.io/v1), which outlive their nodes by an hour unless somebody removes them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID


def requests_of(node: str, requests: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names of the requests that ask for a certificate of this node.

    A kubelet that joins asks under its bootstrap token's name, so only what it asks for tells which node it is.

    Args:
        requests: CertificateSigningRequest objects.
    """
    return [str(request["metadata"]["name"]) for request in requests if _subject(request) == f"system:node:{node}"]


def _subject(request: Mapping[str, Any]) -> str:
    asked = x509.load_pem_x509_csr(base64.b64decode(request["spec"]["request"]))
    names = asked.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""
