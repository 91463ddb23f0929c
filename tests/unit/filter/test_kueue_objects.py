# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues as people say them become Kueue's objects, or an error that names all that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.ailab.conformance.plugins.filter.kueue_objects import kueue_objects

JSON = Any

FLAVORS = [{"name": "h100", "node_labels": {"gpu": "h100"}}, {"name": "a100"}]
QUOTAS = [
    {"flavor": "h100", "resources": {"cpu": 8, "nvidia.com/gpu": 4}},
    {"flavor": "a100", "resources": {"nvidia.com/gpu": 2, "cpu": "16"}},
]
QUEUES = [{"name": "team", "quotas": QUOTAS}]


def test_resources_have_the_order_of_what_is_covered() -> None:
    queue = kueue_objects(FLAVORS, QUEUES)[-1]
    (group,) = queue["spec"]["resourceGroups"]
    assert group["coveredResources"] == ["cpu", "nvidia.com/gpu"]
    assert [[entry["name"] for entry in flavor["resources"]] for flavor in group["flavors"]] == [["cpu", "nvidia.com/gpu"]] * 2
    assert group["flavors"][1]["resources"] == [{"name": "cpu", "nominalQuota": "16"}, {"name": "nvidia.com/gpu", "nominalQuota": 2}]


def test_all_namespaces_may_draw_on_a_queue_unless_it_says_otherwise() -> None:
    selector = {"matchLabels": {"team": "a"}}
    queues = [*QUEUES, {"name": "closed", "quotas": QUOTAS, "namespaces": selector, "cohort": "ai"}]
    opened, closed = (item["spec"] for item in kueue_objects(FLAVORS, queues) if item["kind"] == "ClusterQueue")
    assert (opened["namespaceSelector"], "cohort" in opened) == ({}, False)
    assert (closed["namespaceSelector"], closed["cohort"]) == (selector, "ai")


def test_flavors_come_before_the_queues_that_name_them() -> None:
    local = [{"name": "q", "namespace": "team-a", "cluster_queue": "team"}]
    made = kueue_objects(FLAVORS, QUEUES, local)
    assert [item["kind"] for item in made] == ["ResourceFlavor", "ResourceFlavor", "ClusterQueue", "LocalQueue"]
    assert made[0]["spec"] == {"nodeLabels": {"gpu": "h100"}}
    assert made[-1]["spec"] == {"clusterQueue": "team"}


@pytest.mark.parametrize(
    ("queues", "local", "said"),
    [
        ([{"name": "q", "quotas": [{"flavor": "b200", "resources": {"cpu": 1}}]}], [], "no such flavor, expected one of h100, a100"),
        ([{"name": "q", "quotas": [{"flavor": "h100", "resources": {"cpu": 0}}]}], [], "a quota of 0 for cpu"),
        ([{"name": "q", "quotas": [{"flavor": "h100", "resources": {"cpu": "-1"}}]}], [], "a quota of -1 for cpu"),
        ([{"name": "q", "quotas": [{"flavor": "h100", "resources": {}}]}], [], "quotas for nothing"),
        (
            [{"name": "q", "quotas": [QUOTAS[0], {"flavor": "a100", "resources": {"cpu": 1}}]}],
            [],
            "quotas for cpu, expected cpu, nvidia.com/gpu as of the first flavor",
        ),
        (
            QUEUES,
            [{"name": "l", "namespace": "n", "cluster_queue": "other"}],
            "LocalQueue n/l: found no ClusterQueue other, expected one of team",
        ),
    ],
)
def test_what_could_never_admit_a_job_is_refused(queues: list[JSON], local: list[JSON], said: str) -> None:
    with pytest.raises(AnsibleFilterError, match=said):
        kueue_objects(FLAVORS, queues, local)


def test_all_that_is_wrong_is_told_at_once() -> None:
    queues = [{"name": "q", "quotas": [{"flavor": "b200", "resources": {"cpu": 0}}]}]
    with pytest.raises(AnsibleFilterError) as caught:
        kueue_objects(FLAVORS, queues, [{"name": "l", "namespace": "n", "cluster_queue": "other"}])
    assert str(caught.value).count("found") == 3


def test_the_defaults_of_the_role_are_sound(root: Path) -> None:
    defaults = yaml.safe_load((root / "roles/kueue/defaults/main.yml").read_text())
    made = kueue_objects(defaults["kueue_flavors"], defaults["kueue_cluster_queues"], defaults["kueue_local_queues"])
    assert [(item["kind"], item["metadata"]["name"]) for item in made] == [
        ("ResourceFlavor", "accelerators"),
        ("ClusterQueue", "accelerators"),
    ]
