# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that tests ask for strike as described, and as often."""

from __future__ import annotations

import time

import pytest

from tests.unit.lab.kkp_api.running import Api


def arm(api: Api, kind: str, **more: object) -> None:
    assert api.ask("POST", "/lab/faults", {"kind": kind, **more}).status == 201


def test_created_but_500_creates(api: Api) -> None:
    project = api.project()
    arm(api, "created-but-500", method="POST", path="/clusters$")
    assert api.order(project).error == (500, "timed out waiting for cluster to become ready")
    assert [one["name"] for one in api.ask("GET", f"/api/v2/projects/{project}/clusters").body["clusters"]] == ["one"]


def test_a_broken_seed_shows_a_part_and_says_so(api: Api) -> None:
    project = api.project()
    assert api.order(project).status == 201
    arm(api, "broken-seed", times=1)
    found = api.ask("GET", f"/api/v2/projects/{project}/clusters").body
    assert found["clusters"] == []
    assert found["errorMessage"]
    assert "errorMessage" not in api.ask("GET", f"/api/v2/projects/{project}/clusters").body


@pytest.mark.parametrize(("kind", "status"), [("bad-gateway", 502), ("too-many-requests", 429), ("gateway-timeout", 504)])
def test_an_ingress_answers_with_html(api: Api, kind: str, status: int) -> None:
    arm(api, kind, path="/me")
    found = api.ask("GET", "/api/v1/me")
    assert (found.status, found.text[:6]) == (status, "<html>")
    assert api.ask("GET", "/api/v1/me").status == 200


@pytest.mark.parametrize(("kind", "projects"), [("connection-reset", 0), ("connection-reset-after", 1)])
def test_a_connection_is_reset(api: Api, kind: str, projects: int) -> None:
    arm(api, kind, method="POST", path="/projects")
    with pytest.raises(ConnectionResetError):
        api.ask("POST", "/api/v1/projects", {"name": "x"})
    assert len(api.ask("GET", "/api/v1/projects").body) == projects


def test_slow_and_revoked(api: Api) -> None:
    arm(api, "slow", path="/me", seconds=0.3)
    start = time.monotonic()
    api.ask("GET", "/api/v1/me")
    assert time.monotonic() - start >= 0.3
    arm(api, "token-revoked", times=-1, path="/me")
    assert [api.ask("GET", "/api/v1/me").status for _ in range(2)] == [401, 401]
    assert len(api.ask("GET", "/lab/faults").body) == 1
    api.ask("DELETE", "/lab/faults")
    assert api.ask("GET", "/api/v1/me").status == 200


@pytest.mark.parametrize("order", [{"kind": "x"}, {"kind": "slow", "path": "("}, {"kind": "slow", "when": 1}])
def test_a_wrong_order_is_refused(api: Api, order: dict[str, object]) -> None:
    assert api.ask("POST", "/lab/faults", order).status == 400
