# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the client sends, and what its tests answer, is what KKP's OpenAPI document describes.

Every test of tests/unit/plugins/kkp holds all of its requests and answers against the document. Here it is shown that this finds
something, and that every error that KKP's own tests know is understood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.errors import api_error

from lab.kkp_api.routes import KKP
from tests.contract.client.openapi import DOCUMENT, ERRORS, MISSING, MOVED, Document
from tests.unit.plugins.kkp import fake_clusters, fake_projects, fake_services
from tests.unit.plugins.kkp.fake_kkp import Exchange, Request

JSON = Any

pytestmark = pytest.mark.skipif(not DOCUMENT.is_file() or not ERRORS.is_file(), reason=MISSING)

CLUSTERS = "/api/v2/projects/p1/clusters"
POOLS = f"{CLUSTERS}/c1/machinedeployments"
POOL = {
    "name": "pool",
    "spec": {"replicas": 1, "template": {"cloud": {}, "operatingSystem": {"ubuntu": {}}, "versions": {"kubelet": "1.34.3"}}},
}


@pytest.fixture(scope="module")
def document() -> Document:
    return Document()


def exchange(method: str, path: str, *, body: JSON = None, status: int = 200, answer: JSON = None, **more: Any) -> Exchange:
    request = Request(method=method, path=path, query=more.get("query", {}), headers=more.get("headers", {}), body=body)
    return Exchange(request=request, status=status, content=json.dumps({} if answer is None else answer).encode(), fault=False)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (exchange("GET", "/api/v2/nothing"), "no such path"),
        (exchange("PUT", CLUSTERS), "no such method"),
        (exchange("GET", CLUSTERS, query={"page": "2"}), "unknown query parameter page"),
        (exchange("GET", CLUSTERS, body={}), "a body where none is documented"),
        (exchange("POST", CLUSTERS, body={"cluster": {"nmae": "x"}}, status=201), "'nmae' was unexpected"),
        (exchange("POST", CLUSTERS, body={}), "status 200 is not documented"),
        (exchange("GET", CLUSTERS, answer={"clusters": [{"id": 7}]}), "7 is not of type 'string'"),
        (exchange("GET", CLUSTERS, answer={"items": []}), "'items' was unexpected"),
        (exchange("POST", POOLS, body={"name": "pool", "spec": {}}, status=201, answer=POOL), "'replicas' is a required property"),
        (exchange("PATCH", f"{POOLS}/pool", body={"spec": {"replica": 2}}, answer=POOL), "'replica' was unexpected"),
        (exchange("DELETE", f"{CLUSTERS}/c1", headers={"DeleteDisks": "true"}), "header DeleteDisks is not documented"),
        (exchange("GET", CLUSTERS, status=404, answer={"message": "x"}), "'message' was unexpected"),
    ],
)
def test_what_is_wrong_is_found(document: Document, said: Exchange, wrong: str) -> None:
    assert wrong in "\n".join(document.check(said))


@pytest.mark.parametrize(
    "said",
    [
        exchange("GET", CLUSTERS, answer={"clusters": [], "errorMessage": "seed america"}),
        exchange("PATCH", f"{POOLS}/pool", body={"spec": {"minReplicas": None}}, answer=POOL),
        exchange("POST", f"{POOLS}/pool/restart", answer=POOL),
        exchange("DELETE", f"{CLUSTERS}/c1", headers={"DeleteVolumes": "true"}),
    ],
)
def test_what_is_right_is_let_through(document: Document, said: Exchange) -> None:
    assert document.check(said) == []


def routes() -> Iterator[tuple[str, str]]:
    for source in (fake_projects, fake_clusters, fake_services):
        yield from source.ROUTES


@pytest.mark.parametrize(("method", "path"), sorted(routes()))
def test_every_route_that_the_tests_serve_is_kkps(document: Document, method: str, path: str) -> None:
    concrete = path.replace("{", "").replace("}", "")
    assert not [text for text in document.check(exchange(method, concrete)) if text.endswith(("no such path", "no such method"))]


def test_every_exception_is_still_needed(document: Document) -> None:
    paths = json.loads(DOCUMENT.read_text())["paths"]
    assert [path for _, path in MOVED if path in paths] == []
    assert document is not None


def fixtures() -> list[str]:
    return [line.split(" ", 1)[1] for line in ERRORS.read_text().splitlines() if line] if ERRORS.is_file() else []


@pytest.mark.parametrize("body", fixtures())
def test_every_error_that_kkps_own_tests_know_is_understood(body: str) -> None:
    error = json.loads(body)["error"]
    problem = api_error(what="GET /x", status=error["code"], content=body.encode())
    assert problem.spoken
    assert problem.message == error["message"]
    assert problem.not_ready == (error["code"] == 503)
    assert f"HTTP {error['code']}: {error['message']}" in str(problem)


def test_every_route_that_the_modules_use_is_served_by_the_lab() -> None:
    served = {(operation.method, shape(operation.path)) for operation in KKP}
    assert {(method, shape(path)) for method, path in routes()} - served == set()


def shape(path: str) -> str:
    """A path without the names of its parts."""
    return re.sub(r"{[^}]*}", "{}", path)
