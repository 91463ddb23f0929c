# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role against a KKP of the test's own: what it asks for, in which order, and that it asks for nothing twice."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.plugins.kkp.fake_kkp import TOKEN
from tests.unit.plugins.kkp.harness import Bench, bench
from tests.unit.roles.playing import Player

PASSWORD = "not-for-anybodys-eyes"
POOL = {
    "machine": {"flavor": "g1.a100.1", "image": "ubuntu-22.04"},
    "labels": {"ailab.conformance/gpu-pool": "dra"},
    "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
    "capacity": {"cpu": "16", "memory": "128Gi", "gpu_count": 1, "gpu_type": "nvidia.com/gpu"},
    "min_replicas": 1,
    "max_replicas": 3,
}
POOLS = [{"name": "gpu-dra", **POOL}, {"name": "gpu-plugin", **POOL, "labels": {"ailab.conformance/gpu-pool": "device-plugin"}}]
MADE = [
    "project | Make it, or wait until it is active",
    "cluster | Make it, and wait until it is healthy",
    "cluster | Write the kubeconfig",
    "pools | Set machine deployments",
]


@pytest.fixture
def user() -> Iterator[Bench]:
    with bench() as standing:
        yield standing


@pytest.fixture
def player(root: Path, tmp_path: Path, user: Bench) -> Player:
    variables: dict[str, Any] = {
        "kkp_user_cluster_api_url": user.kkp.url,
        "kkp_user_cluster_project": "ai",
        "kkp_user_cluster_name": "gpu-prod",
        "kkp_user_cluster_datacenter": "os-fra",
        "kkp_user_cluster_cloud_credentials": {"username": "ai", "password": PASSWORD},
        "kkp_user_cluster_pools": POOLS,
        "kkp_user_cluster_kubeconfig": str(tmp_path / "kubeconfig"),
    }
    return Player(root=root, directory=tmp_path, role="kkp_user_cluster", variables=variables, environment={"KKP_TOKEN": TOKEN})


@pytest.mark.slow
def test_a_cluster_comes_is_scaled_and_goes(player: Player, user: Bench, tmp_path: Path) -> None:
    kkp = user.kkp
    planned = player.play(options=["--check", "--diff"])
    assert (planned.failed, planned.changed, kkp.changes) == ([], MADE, [])

    made = player.play(options=["-vvv", "--diff"])
    assert (made.failed, made.changed) == ([], MADE)
    assert TOKEN not in made.output
    assert PASSWORD not in made.output
    assert "secret-of-" not in made.output
    assert stat.S_IMODE((tmp_path / "kubeconfig").stat().st_mode) == 0o600
    (key,) = kkp.state["clusters"]
    machines = kkp.state[f"machines-{key}"]
    assert {name: item["spec"]["replicas"] for name, item in machines.items()} == {"gpu-dra": 1, "gpu-plugin": 1}
    assert kkp.state["clusters"][key]["spec"]["version"] == "1.34.10"

    asked = len(kkp.changes)
    again = player.play()
    assert (again.failed, again.changed, len(kkp.changes)) == ([], [], asked)

    pools = [{**POOLS[0], "replicas": 3}, POOLS[1]]
    planned = player.play(options=["--check", "--diff"], kkp_user_cluster_pools=pools)
    assert (planned.changed, len(kkp.changes)) == (["pools | Set machine deployments"], asked)
    shown = json.dumps(planned.diffs)
    assert '"replicas": 3' in shown
    assert "gpu-plugin" not in shown
    scaled = player.play(kkp_user_cluster_pools=pools)
    assert scaled.changed == ["pools | Set machine deployments"]
    assert machines["gpu-dra"]["spec"]["replicas"] == 3 or kkp.state[f"machines-{key}"]["gpu-dra"]["spec"]["replicas"] == 3

    gone = [
        "absent | Delete machine deployments",
        "absent | Delete the cluster",
        "absent | Delete the kubeconfig",
        "absent | Delete the project that was made for it",
    ]
    asked = len(kkp.changes)
    planned = player.play("absent", options=["--check", "--diff"])
    assert (planned.failed, planned.changed, len(kkp.changes)) == ([], gone, asked)
    taken = player.play("absent")
    assert (taken.failed, taken.changed) == ([], gone)
    assert not (tmp_path / "kubeconfig").exists()
    assert (kkp.state["clusters"], kkp.state["projects"]) == ({}, {})
    asked = len(kkp.changes)
    again = player.play("absent")
    assert (again.failed, again.changed, len(kkp.changes)) == ([], [], asked)


@pytest.mark.slow
def test_a_project_of_others_stays_as_it_is(player: Player, user: Bench) -> None:
    projects = user.kkp.state.setdefault("projects", {})
    projects["p123456789"] = {"id": "p123456789", "name": "ai", "status": "Active", "labels": {"env": "theirs"}, "spec": {}}
    projects["p123456789"]["creationTimestamp"] = "2026-01-02T03:04:05Z"
    made = player.play(kkp_user_cluster_pools=[], kkp_user_cluster_project_labels={"env": "ours"})
    assert (made.failed, made.changed) == ([], MADE[1:3])
    taken = player.play("absent", kkp_user_cluster_pools=[])
    assert taken.changed == ["absent | Delete the cluster", "absent | Delete the kubeconfig"]
    assert projects["p123456789"]["labels"] == {"env": "theirs"}


def test_a_taint_without_a_value_is_refused_before_anything_is_asked(player: Player, user: Bench) -> None:
    taints = [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}]
    refused = player.play(kkp_user_cluster_pools=[{**POOLS[0], "taints": taints}])
    assert "value" in refused.failed[0]
    assert user.kkp.exchanges == []
