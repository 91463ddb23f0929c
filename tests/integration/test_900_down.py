# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left of a lab that was taken down: nothing. The last file, since the lab is gone after it."""

from __future__ import annotations

import pytest

from tests.integration.machine import Traces, processes
from tests.integration.standing import NAME, POOLS, STATE, Lab
from tests.integration.test_012_kkp import changes

pytestmark = pytest.mark.integration


def test_the_cluster_goes_through_the_kkp_api_and_a_second_time_nothing_changes(lab: Lab) -> None:
    cluster = f"/api/v2/projects/{lab.project}/clusters/{lab.cluster}"
    before = len(changes())
    assert lab.play("playbooks/destroy.yml", "--tags=user_cluster").changed == ["lab"]
    asked = [(verb, path) for verb, path, _, status in changes()[before:] if status == 200]
    assert sorted(path.removeprefix(cluster) for verb, path in asked[: len(POOLS)]) == sorted(
        f"/machinedeployments/{pool}" for pool in POOLS
    )
    assert asked[len(POOLS) :] == [("DELETE", cluster), ("DELETE", cluster.replace("v2", "v1").partition("/clusters")[0])]
    assert {verb for verb, _ in asked} == {"DELETE"}
    assert lab.api("/api/v1/projects") == []
    assert not any((STATE / folder).exists() and any((STATE / folder).iterdir()) for folder in ("clusters", "nodes", "kubeconfigs"))
    assert lab.play("playbooks/destroy.yml", "--tags=user_cluster").changed == []


def test_a_dry_run_where_kkp_serves_and_nothing_stands_shows_what_would_be_made(lab: Lab) -> None:
    dry = lab.play("playbooks/user_cluster.yml", "--check", "--diff")
    assert dry.changed == ["lab"]
    pools = [f"machine deployment {pool}" for pool in POOLS]
    assert all(f"+++ after: {what}" in dry.output for what in ("project ailab", "cluster lab", *pools))
    assert lab.api("/api/v1/projects") == []


def test_after_down_nothing_of_the_lab_is_left_and_a_second_down_changes_nothing(lab: Lab) -> None:
    assert lab.before is not None
    assert processes(NAME)
    assert lab.play("playbooks/destroy.yml").changed == ["lab"]
    assert processes(NAME) == []
    assert not STATE.exists()
    assert Traces.now().since(lab.before) == {}
    assert lab.play("playbooks/destroy.yml").changed == []
