# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The autoscaler stand-in: which group grows, which node goes, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from lab.machines.autoscaler.growth import Group, plan_growth
from lab.machines.autoscaler.report import config_map, not_scaled_up, scaled_up, status_of
from lab.machines.autoscaler.scene import GOING, group_bounds, is_pending, read_scene
from lab.machines.autoscaler.shrink import KEEP, Idle, Member
from lab.machines.names import MAX_SIZE, MIN_SIZE, UNNEEDED_TIME
from lab.machines.views import Deployment

from .builders import deployment_json, pod, template
from .pools import GPU, NOW, SETTINGS, Cluster, bounds, gpus, promise


@pytest.fixture
def cluster() -> Cluster:
    found = Cluster()
    found.pool("cpu", 1)
    found.pool("plugin", 1, allocation="device-plugin")
    found.pool("dra", 1, allocation="dra")
    return found


def busy(cluster: Cluster) -> None:
    cluster.runs("a", "cpu-0", requests={"cpu": "4"})
    cluster.runs("b", "plugin-0", requests={GPU: "1"})
    cluster.slices[0]["spec"]["devices"] = [{"name": "g"}]


def test_nothing_grows_for_pods_that_fit_where_there_is_room(cluster: Cluster) -> None:
    cluster.waits("p", gpu=1)
    growth = cluster.growth()
    assert (growth.sizes, growth.refused, growth.needed) == ({}, {}, {"plugin-0"})


@pytest.mark.parametrize(
    ("words", "grown"),
    [({"gpu": 1}, {"plugin": 2}), ({}, {"cpu": 2})],
)
def test_only_the_right_pool_grows(cluster: Cluster, words: dict[str, Any], grown: dict[str, int]) -> None:
    busy(cluster)
    cluster.waits("p", **words)
    assert cluster.growth().sizes == grown


def test_a_claim_grows_the_pool_whose_devices_it_can_have(cluster: Cluster) -> None:
    for name in ("p", "q"):
        cluster.waits(name, claim=True)
    growth = cluster.growth()
    assert growth.sizes == {"dra": 2}
    assert growth.needed == {"dra-0"}


def test_more_than_the_most_is_refused_with_the_reasons(cluster: Cluster) -> None:
    busy(cluster)
    for name in ("p", "q", "r"):
        cluster.waits(name, gpu=1)
    growth = cluster.growth()
    assert growth.sizes == {"plugin": 3}
    assert growth.refused == {"default/r": {"Insufficient nvidia.com/gpu": 2, "max node group size reached": 1}}
    assert not_scaled_up(growth) == {}
    assert not_scaled_up(replace(growth, sizes={})) == {
        "default/r": "pod didn't trigger scale-up: 2 Insufficient nvidia.com/gpu, 1 max node group size reached"
    }


def test_a_node_that_is_coming_is_waited_for_and_not_asked_for_twice(cluster: Cluster) -> None:
    busy(cluster)
    cluster.pool("coming", 2, up=1, allocation="device-plugin")
    cluster.runs("c", "coming-0", requests={GPU: "1"})
    cluster.waits("p", gpu=1)
    assert cluster.growth().sizes == {}


def test_a_node_without_its_devices_yet_is_still_coming() -> None:
    cluster = Cluster()
    cluster.pool("plugin", 1, allocation="device-plugin", whole=False, **promise())
    cluster.waits("p", gpu=1)
    assert cluster.growth().sizes == {}
    assert cluster.scene().members == ()


def test_a_node_that_does_not_come_in_time_is_not_waited_for() -> None:
    cluster = Cluster()
    cluster.pool("plugin", 1, up=0, allocation="device-plugin", **promise())
    cluster.waits("p", gpu=1)
    late = read_scene(cluster.objects(), replace(SETTINGS, provision=30))
    assert plan_growth(late.groups, late.rooms, late.demands).sizes == {"plugin": 2}


@pytest.mark.parametrize(
    ("said", "words", "refusal"),
    [
        ({}, {"gpu": 1}, ""),
        ({}, {"gpu": 1, "nodeSelector": {"pool": "zero", "kubernetes.io/os": "linux"}}, ""),
        ({}, {"gpu": 2}, "Insufficient nvidia.com/gpu"),
        ({"gpu_count": ""}, {"gpu": 1}, "Insufficient nvidia.com/gpu"),
        ({"gpu_type": ""}, {"gpu": 1}, "Insufficient nvidia.com/gpu"),
        # The label is in the machine's template, too, which the autoscaler does not read.
        ({"labels": ""}, {"gpu": 1, "nodeSelector": {"pool": "zero"}}, "node(s) didn't match Pod's node affinity/selector"),
        ({"taints": "team=a:NoSchedule"}, {"gpu": 1}, "node(s) had untolerated taint(s)"),
        ({"memory": ""}, {"gpu": 1}, "no node and no capacity annotation to learn from"),
        ({"dra_driver": "gpu.nvidia.com"}, {"claim": True}, ""),
        ({}, {"claim": True}, "cannot allocate all claims"),
    ],
)
def test_an_empty_pool_grows_by_its_annotations_alone(said: dict[str, str], words: dict[str, Any], refusal: str) -> None:
    cluster = Cluster()
    cluster.pool("zero", 0, allocation="dra" if words.get("claim") else "device-plugin", **promise(**said))
    cluster.waits("p", **words)
    growth = cluster.growth()
    assert growth.sizes == ({} if refusal else {"zero": 1})
    assert not_scaled_up(growth) == ({"default/p": f"pod didn't trigger scale-up: 1 {refusal}"} if refusal else {})


def test_a_node_that_comes_into_an_empty_pool_is_not_asked_for_twice() -> None:
    cluster = Cluster()
    cluster.pool("zero", 1, up=0, allocation="device-plugin", **promise())
    cluster.waits("p", gpu=1)
    assert cluster.growth().sizes == {}
    cluster.waits("q", gpu=1)
    assert cluster.growth().sizes == {"zero": 2}


def test_what_is_not_understood_grows_nothing_and_says_so(cluster: Cluster) -> None:
    busy(cluster)
    cluster.waits("p", gpu=1, affinity={"podAntiAffinity": {"x": 1}})
    growth = cluster.growth()
    assert growth.sizes == {}
    assert not_scaled_up(growth) == {"default/p": "pod didn't trigger scale-up: 1 the stand-in does not weigh affinity between pods"}


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({}, None),
        (bounds(1, 3), (1, 3)),
        (bounds(0, 1), (0, 1)),
        (bounds(3, 1), None),
        (bounds(0, 0), None),
        ({MIN_SIZE: "one", MAX_SIZE: "3"}, None),
    ],
)
def test_a_group_has_both_bounds(annotations: dict[str, str], expected: tuple[int, int] | None) -> None:
    assert group_bounds(Deployment.of(deployment_json(annotations=annotations))) == expected


def test_only_what_the_scheduler_refused_is_pending() -> None:
    assert is_pending(pod("p", pending=True))
    gated = pod("p", pending=True)
    gated["status"]["conditions"][0]["reason"] = "SchedulingGated"
    assert not is_pending(gated)
    assert not is_pending(pod("p", node="n"))


def removable(cluster: Cluster, *, seconds: float, first: float = 0.0) -> list[str]:
    idle, scene = Idle(), cluster.scene()
    idle.look(scene.members, scene.groups, needed=(), now=first)
    return [member.node for member in idle.removable(scene.members, scene.groups, now=first + seconds)]


def test_a_node_goes_when_it_was_empty_for_long_enough_and_never_below_the_minimum() -> None:
    cluster = Cluster()
    cluster.pool("gpu", 3, allocation="device-plugin")
    cluster.runs("p", "gpu-1")
    daemon = pod("d", node="gpu-0")
    daemon["metadata"]["ownerReferences"] = [{"kind": "DaemonSet", "name": "d", "uid": "d"}]
    cluster.pods.append(daemon)
    assert removable(cluster, seconds=29) == []
    assert removable(cluster, seconds=31) == ["gpu-0", "gpu-2"]
    cluster.deployments[0] = Deployment.of(deployment_json("gpu", 3, bounds(2, 3), template=template(**gpus("device-plugin"))))
    assert removable(cluster, seconds=31) == ["gpu-0"]
    cluster.deployments[0] = Deployment.of(
        deployment_json("gpu", 3, bounds(1, 3, **{UNNEEDED_TIME: "2m"}), template=template(**gpus("device-plugin")))
    )
    assert removable(cluster, seconds=31) == []
    assert removable(cluster, seconds=121) == ["gpu-0", "gpu-2"]


def test_a_node_stays_that_is_used_needed_or_kept() -> None:
    idle = Idle()
    members = [Member(name, name, "g", 10, keep=name == "kept") for name in ("empty", "needed", "kept")]
    members.append(Member("used", "used", "g", 10, keep=False, pods=(pod("p"),)))
    groups = [Group("g", minimum=1, maximum=9, size=4, room=None)]
    idle.look(members, groups, needed={"needed"}, now=0)
    assert set(idle.since) == {"empty"}
    idle.look([member for member in members if member.node == "used"], groups, needed=(), now=5)
    idle.look(members, groups, needed=(), now=6)
    assert idle.since == {"empty": 6, "needed": 6}


def test_the_time_of_a_node_begins_when_its_group_can_do_without_one() -> None:
    idle, members = Idle(), [Member("old", "old", "g", 10, keep=False)]
    small, grown = (Group("g", minimum=1, maximum=3, size=size, room=None) for size in (1, 2))
    idle.look(members, [small], needed=(), now=0)
    idle.look(members, [grown], needed=(), now=100)
    assert idle.removable(members, [grown], now=105) == []
    assert idle.removable(members, [grown], now=110) == members


def test_a_kept_node_says_so_itself() -> None:
    cluster = Cluster()
    cluster.pool("gpu", 2, allocation="dra")
    cluster.nodes[0].json["metadata"]["annotations"][KEEP] = "true"
    assert removable(cluster, seconds=31) == ["gpu-1"]


def test_a_group_of_which_a_machine_is_going_is_left_alone() -> None:
    cluster = Cluster()
    cluster.pool("gpu", 2, allocation="dra")
    cluster.machines[0] = replace(cluster.machines[0], deleting=True)
    assert cluster.scene().shrinking == {"gpu"}
    assert cluster.scene().stale == ()


def test_a_mark_whose_writer_was_killed_is_taken_off() -> None:
    cluster = Cluster()
    cluster.pool("gpu", 2, allocation="dra")
    cluster.nodes[0].json["spec"]["taints"].append({"key": GOING, "effect": "NoSchedule"})
    assert cluster.scene().stale == (("gpu-0", "gpu-0"),)


def test_what_is_told_is_in_the_real_ones_words(cluster: Cluster) -> None:
    busy(cluster)
    cluster.waits("p", gpu=1)
    scene = cluster.scene()
    growth = plan_growth(scene.groups, scene.rooms, scene.demands)
    groups = {group.name: group for group in scene.groups}
    assert scaled_up(growth, groups) == {"default/p": "pod triggered scale-up: [{MachineDeployment/kube-system/plugin 1->2 (max: 3)}]"}
    status = yaml.safe_load(config_map(status_of(scene, cluster.objects(), growing=True), NOW)["data"]["status"])
    assert status["autoscalerStatus"] == "Running"
    assert [group["name"] for group in status["nodeGroups"]] == [
        f"MachineDeployment/kube-system/{name}" for name in ("cpu", "plugin", "dra")
    ]
    assert status["nodeGroups"][0]["health"]["minSize"] == 1
