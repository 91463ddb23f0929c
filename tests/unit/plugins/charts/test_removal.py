# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release goes with what was made for it; what others made stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._charts.install import present
from ansible_collections.ailab.conformance.plugins.module_utils._charts.ownership import Owner
from ansible_collections.ailab.conformance.plugins.module_utils._charts.removal import absent
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster

from tests.unit.plugins.charts.workshop import OWNER, Workshop, order, release_secret

JSON = Any


@pytest.fixture
def before(api: Any) -> set[tuple[str, str, str]]:
    return set(api.objects)


@pytest.fixture
def installed(api: Any, before: set[tuple[str, str, str]], cluster: Cluster, workshop: Workshop, chart: Path) -> Workshop:
    present(cluster, order(chart), helm=workshop, hand=workshop, check_mode=False)
    assert set(api.objects) > before
    return workshop


def remove(cluster: Cluster, workshop: Workshop, *, check_mode: bool = False) -> JSON:
    return absent(cluster, OWNER, hand=workshop, seconds=5.0, check_mode=check_mode)


def with_widgets(api: Any, *names: str) -> None:
    crds = api.intercept

    def widgets(method: str, path: str, body: Any) -> Any:
        if path.startswith("/apis/example.com/v1/widgets"):
            return 200, {
                "kind": "WidgetList",
                "metadata": {},
                "items": [{"metadata": {"name": name, "namespace": "team"}} for name in names],
            }
        return crds(method, path, body)

    api.intercept = widgets


def test_nothing_is_left(api: Any, before: set[tuple[str, str, str]], installed: Workshop, cluster: Cluster) -> None:
    outcome = remove(cluster, installed)
    assert (outcome.changed, outcome.values["kept"]) == (True, [])
    assert set(api.objects) == before
    assert not remove(cluster, installed).changed


def test_check_mode_removes_nothing(api: Any, installed: Workshop, cluster: Cluster) -> None:
    there = set(api.objects)
    assert remove(cluster, installed, check_mode=True).changed
    assert set(api.objects) == there


def test_a_crd_that_is_used_stays_with_a_message(api: Any, installed: Workshop, cluster: Cluster) -> None:
    with_widgets(api, "a", "b", "c", "d")
    outcome = remove(cluster, installed)
    assert outcome.values["kept"] == ["CRD widgets.example.com stays, because of team/a, team/b, team/c and 1 more"]
    assert len(api.of_kind("CustomResourceDefinition")) == 1
    assert api.of_kind("Deployment") == []
    assert not remove(cluster, installed).changed


def test_a_namespace_that_others_use_stays_with_a_message(api: Any, installed: Workshop, cluster: Cluster) -> None:
    api.put("ConfigMap", "theirs", space=OWNER.namespace)
    outcome = remove(cluster, installed)
    assert outcome.values["kept"] == ["Namespace queue-system stays, because of ConfigMap/theirs"]
    assert not remove(cluster, installed).changed


def test_a_namespace_that_releases_share_goes_with_the_last_one(
    api: Any, before: set[tuple[str, str, str]], installed: Workshop, cluster: Cluster
) -> None:
    other = Owner(release="other", namespace=OWNER.namespace)
    fields = release_secret(manifest="", owner=other)
    api.put("Secret", "sh.helm.release.v1.other.v1", space=OWNER.namespace, **fields)
    assert remove(cluster, installed).values["kept"] == []
    assert len(api.of_kind("Namespace")) == 2
    absent(cluster, other, hand=installed, seconds=5.0, check_mode=False)
    assert set(api.objects) == before


def test_a_namespace_that_was_there_before_stays(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    api.put("Namespace", OWNER.namespace)
    there = set(api.objects)
    present(cluster, order(chart), helm=workshop, hand=workshop, check_mode=False)
    remove(cluster, workshop)
    assert set(api.objects) == there


def test_a_crd_that_is_not_ours_stays(api: Any, installed: Workshop, cluster: Cluster) -> None:
    api.put("CustomResourceDefinition", "theirs.example.com")
    remove(cluster, installed)
    assert [item["metadata"]["name"] for item in api.of_kind("CustomResourceDefinition")] == ["theirs.example.com"]
