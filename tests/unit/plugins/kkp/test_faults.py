# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user sees when KKP, the ingress in front of it or the way there fails. Reads are done with kkp_datacenter_info."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.errors import KkpApiError, OptionError, UnreachableError
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.info_tasks import DATACENTER_INFO, VERSION_INFO
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.project_task import TASK as PROJECT
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.redact import Redactor
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.transport import Address, Transport, normalised

from tests.unit.plugins.kkp.fake_kkp import HTML, TOKEN, Fault, envelope
from tests.unit.plugins.kkp.harness import Bench

JSON = Any


@pytest.mark.parametrize("status", [0, 429, 502, 503, 504])
def test_what_passes_is_asked_again(user: Bench, status: int) -> None:
    user.kkp.faults.append(Fault(method="GET", path="/dc$", status=status, times=3))
    assert len(user.run(DATACENTER_INFO)["datacenters"]) == 2
    assert len(user.clock.pauses) == 3


def test_an_overloaded_server_decides_for_how_long(user: Bench) -> None:
    user.kkp.faults.append(Fault(method="GET", path="/dc$", status=429, headers={"Retry-After": "7"}))
    user.run(DATACENTER_INFO)
    assert user.clock.pauses == [7.0]


def test_what_does_not_pass_ends_with_the_text_of_the_page(user: Bench) -> None:
    user.kkp.faults.append(Fault(method="GET", path="/dc$", status=502, content=HTML, times=1000))
    with pytest.raises(KkpApiError) as caught:
        user.run(DATACENTER_INFO, retry_seconds=10)
    assert str(caught.value) == (
        "GET /api/v1/dc: found HTTP 502: 502 Bad Gateway nginx; expected success. "
        "Look at the ingress in front of the KKP API, and the pods of kubermatic-api."
    )
    assert user.clock.seconds == pytest.approx(10, abs=2)


def test_a_connection_that_breaks_for_good(user: Bench) -> None:
    user.kkp.faults.append(Fault(method="GET", path="/dc$", status=0, times=1000))
    with pytest.raises(UnreachableError, match="expected an answer of the KKP API"):
        user.run(DATACENTER_INFO, retry_seconds=5)


def test_a_server_that_is_not_there(user: Bench) -> None:
    with pytest.raises(UnreachableError, match="Connection refused.*the address, the network, and the proxy settings"):
        user.run(DATACENTER_INFO, api_url="http://127.0.0.1:9", retry_seconds=2)
    assert user.clock.pauses


def test_a_revoked_token(user: Bench) -> None:
    with pytest.raises(KkpApiError) as caught:
        user.run(DATACENTER_INFO, token="kkp-another-token-77")
    assert "HTTP 401: access denied, invalid token: token has been revoked" in str(caught.value)
    assert "the option token: it may have expired, been regenerated or deleted" in str(caught.value)
    assert "kkp-another-token-77" not in str(caught.value)


def test_details_of_kkp_are_passed_on(user: Bench) -> None:
    body = {"error": {"code": 401, "message": "not authorized", "details": ["haven't found a Bearer token in the Authorization header"]}}
    user.kkp.faults.append(Fault(method="GET", path="/dc$", status=401, content=json.dumps(body).encode()))
    with pytest.raises(KkpApiError, match=r"not authorized \(haven't found a Bearer token"):
        user.run(DATACENTER_INFO)


def test_a_foreign_project_is_told_as_a_matter_of_rights(user: Bench) -> None:
    said = envelope(403, 'forbidden: "john@acme.com" doesn\'t belong to project my-first-project-ID')
    user.kkp.faults.append(Fault(method="GET", path="/projects$", status=403, content=said))
    with pytest.raises(KkpApiError, match="doesn't belong to project.*group projectmanagers cannot touch clusters"):
        user.run(PROJECT, name="ai-platform")


def test_an_inactive_project_is_asked_again_until_it_is_active(user: Bench) -> None:
    said = envelope(503, "Project is not initialized yet")
    user.kkp.faults.append(Fault(method="PUT", path="/projects/", status=503, content=said, times=2))
    user.run(PROJECT, name="ai-platform")
    assert user.run(PROJECT, name="ai-platform", labels={"a": "b"})["project"]["labels"] == {"a": "b"}


def test_an_error_that_kkp_means_is_not_asked_again(user: Bench) -> None:
    user.kkp.faults.append(Fault(method="GET", path="/dc$", status=500, content=envelope(500, "no such seed"), times=9))
    with pytest.raises(KkpApiError, match="no such seed"):
        user.run(DATACENTER_INFO)
    assert user.clock.pauses == []


def test_a_redirect_is_not_followed(user: Bench) -> None:
    user.kkp.faults.append(Fault(method="GET", path="/dc$", status=302, content=b"", headers={"Location": "http://127.0.0.1:9/"}))
    with pytest.raises(KkpApiError, match="HTTP 302"):
        user.run(DATACENTER_INFO)


def test_success_that_is_no_json(user: Bench) -> None:
    user.kkp.faults.append(Fault(method="GET", path="/dc$", status=200, content=b"<html>log in</html>"))
    with pytest.raises(KkpApiError, match="an answer that should be JSON: found HTTP 200: log in"):
        user.run(DATACENTER_INFO)


def test_a_path_that_an_older_kkp_does_not_have(user: Bench) -> None:
    user.kkp.faults.append(Fault(method="GET", path="/dc$", status=404, content=b"404 page not found\n"))
    with pytest.raises(KkpApiError, match="HTTP 404: 404 page not found"):
        user.run(DATACENTER_INFO)


@pytest.mark.parametrize("suffix", ["", "/", "/api", "/api/v2", "/api/v2/"])
def test_addresses_that_scripts_use_are_understood(suffix: str) -> None:
    assert normalised(f"https://kkp.example.com{suffix}", validate_certs=True) == "https://kkp.example.com"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("kkp.example.com", "found 'kkp.example.com'"),
        ("ftp://kkp.example.com", "found 'ftp:"),
        ("https://kkp.example.com/projects", "without the part behind the host"),
        ("http://kkp.example.com", "would send the token in clear text"),
    ],
)
def test_addresses_that_cannot_be_meant(url: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        normalised(url, validate_certs=True)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(OptionError) as caught:
        normalised("https://me:pa55word@kkp.example.com", validate_certs=True)
    assert "pa55word" not in str(caught.value)


@pytest.mark.parametrize("token", ["", "two words", "tökèn-of-somebody"])
def test_a_token_that_no_header_carries(user: Bench, token: str) -> None:
    with pytest.raises(OptionError, match="a token as KKP gave it out"):
        user.run(DATACENTER_INFO, token=token)
    assert user.kkp.exchanges == []


def test_certificates_that_are_not_there() -> None:
    with pytest.raises(OptionError, match="option ca_path: found .*No such file"):
        Transport(Address(url="https://kkp.example.com", token=TOKEN, ca_path="/nowhere/ca.pem"))


def test_an_address_does_not_show_its_token() -> None:
    assert TOKEN not in repr(Address(url="https://kkp.example.com", token=TOKEN))


def test_datacenters_are_chosen(user: Bench) -> None:
    (found,) = user.run(DATACENTER_INFO, provider="openstack")["datacenters"]
    assert (found["name"], found["seed"]) == ("os-fra", "europe")
    assert found["spec"]["openstack"]["images"] == {"ubuntu": "kubermatic-ubuntu"}
    assert user.run(DATACENTER_INFO, name="fake-dc", seed="europe")["datacenters"] == []


def test_versions_are_ordered_as_numbers(user: Bench) -> None:
    result = user.run(VERSION_INFO, kubernetes_version="1.34", provider="openstack")
    assert result["versions"] == ["1.33.13", "1.34.2", "1.34.9", "1.34.10"]
    assert (result["version"], result["default_version"], result["kkp_version"]) == ("1.34.10", "1.33.13", "v2.29.3")
    assert user.run(VERSION_INFO)["version"] == ""


def test_a_line_that_is_not_offered(user: Bench) -> None:
    with pytest.raises(OptionError, match=r"Kubernetes version 1\.35: found this KKP offers: 1\.33\.13"):
        user.run(VERSION_INFO, kubernetes_version="1.35")


@pytest.mark.parametrize(("kkp", "warned"), [("v2.28.1", True), ("v2.29.0", False), ("v2.30.1", False), ("v2.29.0-12-gabcdef", False)])
def test_an_older_kkp_is_pointed_out(user: Bench, kkp: str, *, warned: bool) -> None:
    user.kkp.state["kkp_version"] = kkp
    assert bool(user.run(VERSION_INFO)["warnings"]) is warned


def test_secrets_are_hidden_wherever_they_are() -> None:
    redactor = Redactor(["s3cret-value", "abc"])
    value = {"password": "x", "text": "the s3cret-value", "list": [{"applicationCredentialSecret": "y"}], "abc": "abc", "n": 1}
    assert redactor.value(value) == {
        "password": "(redacted)",
        "text": "the (redacted)",
        "list": [{"applicationCredentialSecret": "(redacted)"}],
        "abc": "abc",
        "n": 1,
    }
    assert redactor.text("Bearer abcdefgh and eyJhbGciOiJI.eyJzdWIiOiIx.c2ln") == "Bearer (redacted) and (redacted)"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for this machine, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command = ["openssl", "req", "-x509", *kind, "-keyout", key, "-out", certificate, *subject]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def test_certificates_are_checked_unless_told_otherwise(user: Bench, authority: tuple[Path, Path]) -> None:
    certificate, key = authority
    user.kkp.secure(certificate, key)
    url = user.kkp.url.replace("http:", "https:")
    with pytest.raises(UnreachableError, match="certificate verify failed.*the options ca_path and validate_certs"):
        user.run(DATACENTER_INFO, api_url=url)
    assert user.clock.pauses == []
    assert user.run(DATACENTER_INFO, api_url=url, ca_path=str(certificate))["datacenters"]
    assert user.run(DATACENTER_INFO, api_url=url, validate_certs=False)["datacenters"]
