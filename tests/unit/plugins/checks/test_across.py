# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""References across namespaces: a gateway that keeps to its grants, gateways that do not, and what an evaluator makes of either."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference import authority, backends
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference.authority import issue
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference.handshake import Handshake
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS
from ansible_collections.ailab.conformance.plugins.module_utils._engine import judge
from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import VARIANT, Seen
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

JSON = Any
CHECK = CHECKS["INF-09"]
NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
HOST = "inf-09-secured.ai-conformance.example"
MADE, OTHER = issue(HOST, now=NOW), issue(HOST, now=NOW)

Facts = dict[str, JSON]


def tls(*, status: int = 200, body: str = "v1", certificate: str = MADE.certificate, exit_code: int = 0, stderr: str = "") -> JSON:
    """A request over TLS."""
    return {"exit_code": exit_code, "stdout": f"{body}\nANSWERED {status:03}\n{certificate}", "stderr": stderr}


def no_tls(exit_code: int = 35) -> JSON:
    """A request over TLS that came to nothing: a handshake that failed, a connection that was refused, a server that is a stranger."""
    return tls(status=0, body="", certificate="", exit_code=exit_code, stderr=f"curl: ({exit_code}) said why")


def plain(*, requests: int, status: int = 200, body: str = "v1") -> JSON:
    """Requests over HTTP."""
    return {"stdout": f"{body} {status}\n" * requests, "ended": True}


def condition(*, status: str, reason: str) -> list[JSON]:
    """Of references."""
    return [{"type": "ResolvedRefs", "status": status, "reason": reason, "message": "it says"}]


def gateway(status: str, reason: str) -> JSON:
    """A gateway whose secured listener says so; the other one has nothing to resolve."""
    listeners = [
        {"name": "http", "conditions": condition(status="True", reason="ResolvedRefs")},
        {"name": "https", "conditions": condition(status=status, reason=reason)},
    ]
    return {"metadata": {"name": "secured"}, "status": {"addresses": [{"value": "10.0.0.1"}], "listeners": listeners}}


REFUSED, RESOLVED = gateway("False", "RefNotPermitted"), gateway("True", "ResolvedRefs")


def route(status: str, reason: str) -> JSON:
    """A route whose backend is resolved, or not."""
    return {"metadata": {"name": "route"}, "status": {"parents": [{"conditions": condition(status=status, reason=reason)}]}}


def sides(*, given: bool) -> Facts:
    """All that a platform that keeps to its grants shows, in the order in which it is seen."""
    afar = {"body": "afar"} if given else {"status": 500, "body": ""}
    return {
        VARIANT: {"given": given},
        "certificate": {"fingerprint": MADE.fingerprint, "authority": MADE.authority, "name": "n", "space": "s"},
        "answers": plain(requests=20, **afar),
        "resolved": route("True", "ResolvedRefs") if given else route("False", "RefNotPermitted"),
        "before.plain": plain(requests=1),
        "before.request": no_tls(),
        "before.gateway": REFUSED,
        "secured.request": tls() if given else no_tls(),
        "secured.gateway": RESOLVED if given else REFUSED,
    }


GOOD, CONTROL = sides(given=True), sides(given=False)


def judged(facts: Facts) -> Finding:
    return judge.side(CHECK, Seen.of(facts.items()))


def result(subject: Facts, control: Facts) -> tuple[Verdict, str]:
    found = judge.result(
        CHECK, subject=Seen.of(subject.items(), at="2026-11-22T12:00:00Z"), control=Seen.of(control.items(), at="2026-11-22T12:00:00Z")
    )
    return found.verdict, found.reason


def test_a_platform_that_keeps_to_its_grants_passes() -> None:
    assert result(GOOD, CONTROL) == (Verdict.PASS, "granted")


def test_a_control_that_goes_as_well_as_its_subject_proves_nothing() -> None:
    assert result(GOOD, GOOD) == (Verdict.INCONCLUSIVE, "control-did-not-flip")


def test_a_subject_that_goes_as_its_control_fails() -> None:
    assert result(CONTROL, CONTROL) == (Verdict.FAIL, "reference-refused")


@pytest.mark.parametrize("half", [{"answers", "resolved"}, {"secured.request", "secured.gateway"}])
def test_a_control_of_which_half_is_served_does_not_flip(half: set[str]) -> None:
    control = {name: GOOD[name] if name in half else fact for name, fact in CONTROL.items()}
    assert result(GOOD, control) == (Verdict.INCONCLUSIVE, "control-did-not-flip")


@pytest.mark.parametrize(
    ("changes", "verdict", "reason", "half"),
    [
        # A certificate that gets out without a grant, whatever the condition says.
        ({"before.request": tls()}, Verdict.FAIL, "certificate-leaked", "certificate"),
        ({"before.request": tls(status=404, body="")}, Verdict.FAIL, "certificate-leaked", "certificate"),
        ({"before.request": tls(), "before.gateway": RESOLVED}, Verdict.FAIL, "certificate-leaked", "certificate"),
        ({"before.request": tls(), "before.plain": plain(requests=1, status=503)}, Verdict.FAIL, "certificate-leaked", "certificate"),
        # A reference that resolves without a grant, or is refused for another reason.
        ({"before.gateway": RESOLVED}, Verdict.FAIL, "certificate-not-refused", "certificate"),
        ({"before.gateway": gateway("False", "InvalidCertificateRef")}, Verdict.FAIL, "certificate-not-refused", "certificate"),
        ({"before.gateway": gateway("Unknown", "Pending")}, Verdict.FAIL, "certificate-not-refused", "certificate"),
        # A stranger's certificate in place of none is no leak.
        ({"before.request": no_tls(60)}, Verdict.PASS, "granted", ""),
        # With the grant: another authority's certificate, another of the same authority, nobody, somebody else.
        ({"secured.request": no_tls(60)}, Verdict.FAIL, "certificate-wrong", "certificate"),
        ({"secured.request": tls(certificate=OTHER.certificate)}, Verdict.FAIL, "certificate-wrong", "certificate"),
        ({"secured.request": no_tls()}, Verdict.FAIL, "tls-not-answered", "certificate"),
        ({"secured.request": no_tls(28)}, Verdict.FAIL, "tls-not-answered", "certificate"),
        ({"secured.request": tls(status=404, body="")}, Verdict.FAIL, "tls-not-answered", "certificate"),
        ({"secured.request": tls(body="welcome")}, Verdict.FAIL, "tls-not-answered", "certificate"),
        ({"secured.gateway": REFUSED}, Verdict.FAIL, "certificate-unresolved", "certificate"),
        ({"secured.gateway": gateway("False", "InvalidCertificateRef")}, Verdict.FAIL, "certificate-unresolved", "certificate"),
        ({"secured.gateway": REFUSED, "secured.request": no_tls()}, Verdict.FAIL, "certificate-refused", "certificate"),
        # The other half.
        ({"resolved": CONTROL["resolved"], "answers": CONTROL["answers"]}, Verdict.FAIL, "backend-refused", "backend"),
        ({"answers": plain(requests=20)}, Verdict.FAIL, "not-reached", "backend"),
        # What is wrong in one half comes before what is not known of the other.
        ({"answers": plain(requests=20), "secured.request": None}, Verdict.FAIL, "not-reached", "backend"),
        ({"answers": plain(requests=3), "secured.request": no_tls(60)}, Verdict.FAIL, "certificate-wrong", "certificate"),
        # What decides nothing.
        ({"before.plain": plain(requests=1, status=503, body="")}, Verdict.INCONCLUSIVE, "gateway-silent", "certificate"),
        ({"before.plain": plain(requests=1, body="welcome")}, Verdict.INCONCLUSIVE, "gateway-silent", "certificate"),
        ({"secured.request": tls(certificate="")}, Verdict.INCONCLUSIVE, "certificate-not-shown", "certificate"),
        ({"answers": plain(requests=3)}, Verdict.INCONCLUSIVE, "requests-not-sent", "backend"),
    ],
)
def test_broken_platforms(changes: Facts, verdict: Verdict, reason: str, half: str) -> None:
    finding = judged({**GOOD, **changes})
    assert (finding.verdict, finding.reason) == (verdict, reason), finding.sentence
    assert finding.sentence.startswith(f"the {half}'s half: " if half else "by ReferenceGrants")


def test_a_leak_that_the_control_sees_is_the_subjects_failure_too() -> None:
    leak = {"before.request": tls()}
    assert result({**GOOD, **leak}, {**CONTROL, **leak}) == (Verdict.FAIL, "certificate-leaked")


@pytest.mark.parametrize("facts", [GOOD, CONTROL], ids=["subject", "control"])
def test_a_record_that_ends_early_neither_passes_nor_flips(facts: Facts) -> None:
    for length in range(len(facts)):
        finding = judged(dict(list(facts.items())[:length]))
        assert finding.verdict in {Verdict.INCONCLUSIVE, Verdict.FAIL}
        assert finding.verdict is Verdict.INCONCLUSIVE or finding.reason == backends.REFUSED


@pytest.mark.parametrize(
    "nonsense", [None, [], {}, "", 0, {"status": 200, "body": None}, {"conditions": []}, {"metadata": None}, {"stdout": ""}]
)
def test_nonsense_never_passes(nonsense: JSON) -> None:
    for name in set(GOOD) - {VARIANT}:
        assert judged({**GOOD, name: nonsense}).verdict is not Verdict.PASS, name


@pytest.mark.parametrize("stdout", ["", "\nANSWERED 20\n", "200", None, 7])
def test_a_client_that_did_not_end_has_asked_nothing(stdout: JSON) -> None:
    assert Handshake.read({"exit_code": 0, "stdout": stdout}) is None
    assert Handshake.read({"exit_code": True, "stdout": "\nANSWERED 200\n"}) is None


def test_a_certificate_that_is_cut_off_is_none() -> None:
    for text in (MADE.certificate[:-30], MADE.certificate.replace("M", "M=", 1)):
        found = Handshake.read(tls(certificate=text))
        assert found is not None
        assert found.fingerprint == ""


def test_a_certificate_is_for_one_host_and_one_day() -> None:
    root, leaf = (x509.load_pem_x509_certificate(text.encode()) for text in (MADE.authority, MADE.certificate))
    leaf.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    for item in (root, leaf):
        assert item.not_valid_before_utc == NOW - dt.timedelta(minutes=5)
        assert item.not_valid_after_utc == NOW + dt.timedelta(days=1)
        key = item.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert isinstance(key.curve, ec.SECP256R1)
    assert leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName) == [HOST]
    assert [item.extensions.get_extension_for_class(x509.BasicConstraints).value.ca for item in (root, leaf)] == [True, False]
    assert f"{leaf.serial_number:x}" == MADE.serial
    der = base64.b64decode("".join(MADE.certificate.splitlines()[1:-1]))
    shaken = Handshake.read(tls())
    assert shaken is not None
    assert hashlib.sha256(der).hexdigest() == MADE.fingerprint == shaken.fingerprint


def test_no_two_runs_share_a_key_and_no_key_is_shown() -> None:
    assert MADE.key != OTHER.key
    assert MADE.key.splitlines()[1] not in repr(MADE)


def test_without_the_library_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authority, "LIBRARY_PROBLEM", ImportError("No module named 'cryptography'"))
    with pytest.raises(PreconditionError, match="cryptography") as caught:
        issue(HOST, now=NOW)
    assert caught.value.name == "certificate-library"
