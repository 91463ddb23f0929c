# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role against a KKP of the test's own, and what it refuses before anything is asked of anybody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.cluster_task import TASK as CLUSTER
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.project_task import TASK as PROJECT

from tests.unit.plugins.conftest import serving
from tests.unit.plugins.kkp.fake_kkp import TOKEN
from tests.unit.plugins.kkp.harness import Bench, bench
from tests.unit.roles.playing import Player
from tests.unit.roles.user_cluster import UserCluster, kubeconfig

VALUES = {"controllerManager": {"replicas": 1}}


@pytest.fixture
def user() -> Iterator[Bench]:
    with bench() as standing:
        yield standing


@pytest.fixture
def inside(user: Bench) -> Iterator[UserCluster]:
    with serving() as server:
        yield UserCluster(server, user.kkp)


@pytest.fixture
def player(root: Path, tmp_path: Path, user: Bench, inside: UserCluster) -> Player:
    user.run(PROJECT, name="ai")
    user.run(CLUSTER, project="ai", name="gpu-prod", version="1.34", datacenter="os-fra", provider="openstack")
    variables: dict[str, Any] = {
        "helm_chart_provider": "kkp_application",
        "helm_chart_kubeconfig": str(kubeconfig(inside.api, tmp_path)),
        "helm_chart_component": "kueue",
        "helm_chart_name": "kueue",
        "helm_chart_namespace": "kueue-system",
        "helm_chart_values": VALUES,
        "helm_chart_kkp": {"api_url": user.kkp.url, "project": "ai", "cluster": "gpu-prod"},
        "helm_chart_kkp_application": "kueue",
        "helm_chart_kkp_version": "v0.13.4",
    }
    return Player(root=root, directory=tmp_path, role="helm_chart", variables=variables, environment={"KKP_TOKEN": TOKEN})


@pytest.mark.slow
def test_kkp_installs_a_chart_of_its_catalogue_once_and_removes_it(player: Player, user: Bench) -> None:
    kkp = user.kkp
    asked = len(kkp.changes)
    planned = player.play(options=["--check"])
    assert (planned.failed, planned.changed, len(kkp.changes)) == ([], ["kkp_application | Set the application"], asked)

    made = player.play()
    assert (made.failed, made.changed) == ([], ["kkp_application | Set the application"])
    (request,) = kkp.asked("POST", "/applicationinstallations$")
    spec = request.body["spec"]
    assert spec["applicationRef"] == {"name": "kueue", "version": "v0.13.4"}
    assert spec["namespace"] == {"name": "kueue-system", "create": True}
    assert spec["deployOptions"] == {"helm": {"wait": True, "atomic": True, "timeout": "300s"}}

    again = player.play()
    assert (again.failed, again.changed) == ([], [])

    changed = player.play(helm_chart_values={"controllerManager": {"replicas": 2}})
    assert (changed.failed, changed.changed) == ([], ["kkp_application | Set the application"])

    gone = player.play(helm_chart_state="absent")
    assert (gone.failed, gone.changed) == ([], ["kkp_application | Set the application"])
    assert kkp.state["applications"] == {}


@pytest.mark.slow
def test_an_image_that_kkp_cannot_have_is_named_at_once_and_the_application_goes(player: Player, user: Bench, inside: UserCluster) -> None:
    inside.waiting = {"reason": "ErrImagePull", "message": "no such tag"}
    started = time.monotonic()
    refused = player.play(helm_chart_wait_seconds=600)
    # Of which most is Ansible's own.
    assert time.monotonic() - started < 300
    assert "image registry.example.com/kueue:v1 of container manager cannot be had: ErrImagePull no such tag" in " ".join(refused.failed)
    assert "the application was removed again" in " ".join(refused.failed)
    assert user.kkp.state["applications"] == {}


@pytest.mark.slow
def test_kkp_is_not_sent_into_a_namespace_of_somebody_else(player: Player, user: Bench, inside: UserCluster) -> None:
    asked = len(user.kkp.exchanges)
    inside.api.put("ConfigMap", "kube-root-ca.crt", space="kueue-system")
    inside.api.put("Deployment", "theirs", space="kueue-system", spec={})
    refused = player.play()
    assert "found Deployment theirs in namespace kueue-system, expected it to be empty" in " ".join(refused.failed)
    assert (refused.changed, len(user.kkp.exchanges)) == ([], asked)


@pytest.mark.slow
def test_what_kkp_cannot_install_is_told_in_helms_words_and_goes(player: Player, user: Bench, inside: UserCluster) -> None:
    inside.says = "CRD workloads.kueue.x-k8s.io exists and cannot be imported into the current release"
    refused = player.play(helm_chart_wait_seconds=3)
    assert f"InstallationFailed: {inside.says}" in " ".join(refused.failed)
    assert "the application was removed again" in " ".join(refused.failed)
    assert user.kkp.state["applications"] == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"helm_chart_version": "0.17.0"}, "chart kueue: found version 0.17.0, expected"),
        ({"helm_chart_provider": "operator"}, "value of helm_chart_provider must be one of: helm, lab, kkp_application, got: operator"),
        ({"platform_versions_kubernetes": "1.20"}, "found '1.20'; expected one of"),
    ],
)
def test_what_is_not_known_is_refused_at_once(player: Player, user: Bench, variables: dict[str, Any], said: str) -> None:
    asked = len(user.kkp.exchanges)
    refused = player.play(**{"helm_chart_provider": "helm", **variables})
    assert said in " ".join(refused.failed)
    assert (refused.changed, len(user.kkp.exchanges)) == ([], asked)
