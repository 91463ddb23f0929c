# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate authority for one run, and the one certificate that it signs. Source: RFC 5280 sections 4.2.1.1 to 4.2.1.12."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError as problem:
    LIBRARY_PROBLEM: ImportError | None = problem
else:
    LIBRARY_PROBLEM = None

if TYPE_CHECKING:
    from collections.abc import Iterable

_SKEW = dt.timedelta(minutes=5)
"""By how much the clock of whoever verifies a certificate may be behind."""

_LIFE = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A server's certificate, its key, and who vouches for it.

    Attributes:
        authority: certificate of the authority, PEM.
        certificate: of the server, PEM.
        key: of the server, PEM. It belongs into a Secret and nowhere else.
        fingerprint: SHA-256 of the server's certificate, in hexadecimal digits.
        serial: number of the server's certificate, in hexadecimal digits.
        ends: until when it is valid.
    """

    authority: str
    certificate: str
    key: str = field(repr=False)
    fingerprint: str
    serial: str
    ends: str


def issue(host: str, *, now: dt.datetime) -> Issued:
    """Makes an authority that nobody else trusts, and has it sign a certificate for a host, valid for a day. Keys are of P-256.

    The authority's own key is forgotten.

    Args:
        host: DNS name.
        now: the time.

    Raises:
        PreconditionError: the library is missing.
    """
    if LIBRARY_PROBLEM is not None:
        raise PreconditionError(
            name="certificate-library",
            what="making a certificate for a gateway",
            found=str(LIBRARY_PROBLEM),
            expected="the Python package cryptography",
            look="the Python interpreter of the host that the module runs on",
        )
    root, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    above = _name("ai-conformance authority")
    authority = _signed(
        _builder(above, root.public_key(), now=now).issuer_name(above),
        [(x509.BasicConstraints(ca=True, path_length=0), True), (_usage(signs_certificates=True), True)],
        by=root,
    )
    certificate = _signed(
        _builder(_name("ai-conformance server"), key.public_key(), now=now).issuer_name(above),
        [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage(signs_certificates=False), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.SubjectAlternativeName([x509.DNSName(host)]), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), False),
        ],
        by=root,
    )
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Issued(
        authority=_pem(authority),
        certificate=_pem(certificate),
        key=secret.decode(),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        serial=f"{certificate.serial_number:x}",
        ends=f"{now + _LIFE:%Y-%m-%dT%H:%M:%SZ}",
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(subject: x509.Name, key: ec.EllipticCurvePublicKey, *, now: dt.datetime) -> x509.CertificateBuilder:
    named = x509.CertificateBuilder().subject_name(subject).public_key(key).serial_number(x509.random_serial_number())
    dated = named.not_valid_before(now - _SKEW).not_valid_after(now + _LIFE)
    return dated.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _signed(
    builder: x509.CertificateBuilder, extensions: Iterable[tuple[x509.ExtensionType, bool]], *, by: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(by, hashes.SHA256())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
