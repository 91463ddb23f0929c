# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands was asked for through the KKP API, all of it and nothing else."""

from __future__ import annotations

import json
import re

import pytest

from tests.integration.standing import POOLS, STATE, Lab

pytestmark = pytest.mark.integration

CHANGE = re.compile(r"INFO lab\.kkp_api\.server: (POST|PUT|PATCH|DELETE) (\S+) by (\S+): (\d{3})")


def changes() -> list[tuple[str, str, str, int]]:
    """Method, path, caller and status of every changing request that the API has seen, in order."""
    return [(verb, path, who, int(status)) for verb, path, who, status in CHANGE.findall((STATE / "log/kkp-api.log").read_text())]


def test_project_cluster_and_machine_deployments_were_each_asked_for_once(lab: Lab) -> None:
    project = f"/api/v2/projects/{lab.project}"
    asked = [(verb, path, status) for verb, path, _, status in changes()]
    assert asked == [
        ("POST", "/api/v1/projects", 201),
        ("POST", f"{project}/clusters", 201),
        *(("POST", f"{project}/clusters/{lab.cluster}/machinedeployments", 201) for _ in POOLS),
    ]
    assert {who for _, _, who, _ in changes()} == {"admin@ailab.example"}


def test_nothing_stands_that_was_not_asked_for(lab: Lab) -> None:
    assert [found["name"] for found in lab.api("/api/v1/projects")] == ["ailab"]
    assert [found["name"] for found in lab.clusters()] == ["lab"]
    assert [path.name for path in (STATE / "clusters").iterdir()] == [lab.cluster]
    shown = lab.api(f"/api/v2/projects/{lab.project}/clusters/{lab.cluster}/machinedeployments")
    standing = lab.get("machinedeployments", "-n", "kube-system")["items"]
    assert sorted(found["name"] for found in shown) == sorted(found["metadata"]["name"] for found in standing) == sorted(POOLS)


def test_every_worker_is_the_node_of_a_machine_of_a_deployment(lab: Lab) -> None:
    owners = {
        found["metadata"]["name"]: found["metadata"]["ownerReferences"][0]["name"]
        for kind in ("machines", "machinesets")
        for found in lab.get(kind, "-n", "kube-system")["items"]
    }
    workers = {found["metadata"]["name"] for found in lab.get("nodes")["items"]} - {lab.control_plane}
    assert sorted(owners[owners[worker]] for worker in workers) == sorted(POOLS)
    recorded = json.loads((STATE / "clusters" / lab.cluster / "cluster.json").read_text())["nodes"]
    assert {node["name"] for node in recorded} == workers | {lab.control_plane}
    assert {path.name for path in (STATE / "nodes").iterdir()} == workers | {lab.control_plane}
