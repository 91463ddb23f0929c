# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counted accelerators, node groups, metrics and barriers, as they are read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.accelerators import asked, offers
from ansible_collections.ailab.conformance.plugins.module_utils._platform.gangs import words_of_barrier
from ansible_collections.ailab.conformance.plugins.module_utils._platform.node_groups import World, own_labels, world
from ansible_collections.ailab.conformance.plugins.module_utils._platform.scaling import Reading, gauge_of, saying, values_of

JSON = Any
GPU = "nvidia.com/gpu"


def node(name: str, gpus: str | None = None, **spec: JSON) -> JSON:
    ready = [{"type": "Ready", "status": "True"}]
    return {
        "metadata": {"name": name, "uid": f"uid-{name}", "labels": {"kubernetes.io/hostname": f"host-{name}"}},
        "spec": spec,
        "status": {"conditions": ready, "allocatable": {GPU: gpus} if gpus else {}},
    }


def pod(on: str, gpus: int, *, phase: str = "Running", init: int = 0) -> JSON:
    def container(count: int) -> JSON:
        return {"resources": {"limits": {GPU: str(count)}}}

    return {"spec": {"nodeName": on, "containers": [container(gpus)], "initContainers": [container(init)]}, "status": {"phase": phase}}


def test_only_bound_pods_that_are_not_over_have_accelerators() -> None:
    found = offers([node("a", "4"), node("b")], [pod("a", 1), pod("a", 1, phase="Succeeded"), pod("", 3)], GPU)
    assert [(offer.node, offer.host, offer.total, offer.free) for offer in found] == [("a", "host-a", 4, 3)]


def test_a_node_that_takes_no_pods_offers_nothing() -> None:
    sick = node("c", "4")
    sick["status"]["conditions"] = []
    assert offers([node("b", "4", unschedulable=True), sick], [], GPU) == []


def test_an_init_container_may_be_the_greediest() -> None:
    assert asked(pod("a", 1, init=3)["spec"], GPU) == 3


def _deployment(name: str, **annotations: str) -> JSON:
    marks = {f"cluster.k8s.io/cluster-api-autoscaler-node-group-{key}-size": value for key, value in annotations.items()}
    return {"metadata": {"name": name, "uid": name, "annotations": marks}, "spec": {"replicas": 1}}


def _owned(name: str, owner: str, on: str = "") -> JSON:
    return {"metadata": {"name": name, "uid": name, "ownerReferences": [{"uid": owner}]}, "status": {"nodeRef": {"name": on}}}


def test_a_node_belongs_to_the_group_of_its_machine() -> None:
    found = world(
        [_deployment("gpu", min="1", max="3"), _deployment("cpu"), _deployment("odd", min="x", max="3")],
        [_owned("set", "gpu"), _owned("other", "cpu")],
        [_owned("m1", "set", "a"), _owned("m2", "other", "b")],
        [node("a", "2"), node("b")],
    )
    assert [(group.name, group.can_grow) for group in found.groups] == [("gpu", True)]
    assert {member.name: member.group for member in found.nodes} == {"a": "gpu", "b": ""}
    assert World.read(found.as_fact()) == World(groups=tuple(found.groups), machines=found.machines, nodes=tuple(found.nodes))


LABELLED = {
    "kkp": {"spec": {"template": {"spec": {"metadata": {"labels": {"pool": "gpu", "zone": "a"}}}}}},
    "cluster-api": {"spec": {"template": {"metadata": {"labels": {"pool": "gpu", "zone": "a"}}}}},
}


def _with_labels(name: str, **labels: str) -> JSON:
    return {"metadata": {"name": name, "labels": labels}}


@pytest.mark.parametrize("deployment", LABELLED.values(), ids=LABELLED)
def test_labels_tell_a_groups_nodes_from_others(deployment: JSON) -> None:
    mine = [_with_labels("a", pool="gpu", zone="a", host="a"), _with_labels("b", pool="gpu", zone="a", host="b")]
    assert own_labels(deployment, members=mine, others=[_with_labels("c", pool="cpu", zone="a")]) == {"pool": "gpu", "zone": "a"}
    assert own_labels(deployment, members=mine, others=[_with_labels("c", pool="gpu", zone="a")]) == {}


def test_labels_that_the_nodes_do_not_have_tell_nothing() -> None:
    mine = [_with_labels("a", pool="gpu"), _with_labels("b", pool="gpu")]
    assert own_labels(LABELLED["kkp"], members=mine, others=[_with_labels("c", zone="a")]) == {"pool": "gpu"}
    assert own_labels(LABELLED["kkp"], members=[_with_labels("a")], others=[]) == {}
    assert own_labels({"spec": {}}, members=mine, others=[]) == {}
    assert own_labels(LABELLED["kkp"], members=[], others=[]) == {}


@pytest.mark.parametrize(
    "fact", [None, [], {}, {"groups": [{}], "nodes": [], "machines": {}}, {"groups": [], "nodes": [1], "machines": {}}]
)
def test_nonsense_is_no_world(fact: JSON) -> None:
    assert World.read(fact) is None


@pytest.mark.parametrize(
    ("said", "words"),
    [("barrier 3 of 3 GPU 0", (3, 3)), ("barrier 1 of 3", (1, 3)), ("", None), ("barrier x of 3", None), ("segmentation fault", None)],
)
def test_last_words(said: str, words: tuple[int, int] | None) -> None:
    assert words_of_barrier(said) == words


@pytest.mark.parametrize(
    ("text", "value"), [("# TYPE m gauge\nm 95\n", 95.0), ("m much\n", None), ("mm 95\n", None), ("", None), ("404: not found", None)]
)
def test_a_gauge_is_found_by_its_whole_name(text: str, value: float | None) -> None:
    assert gauge_of(text, "m") == value


def test_values_are_read_from_quantities_of_the_right_metric() -> None:
    items = [
        {"describedObject": {"name": "a"}, "metricName": "m", "value": "95"},
        {"describedObject": {"name": "b"}, "metric": {"name": "m"}, "value": "1500m"},
        {"describedObject": {"name": "c"}, "metricName": "another", "value": "1"},
        {"describedObject": {"name": "d"}, "metricName": "m", "value": "much"},
    ]
    assert values_of({"items": items}, "m") == {"a": 95.0, "b": 1.5}
    assert values_of(None, "m") == {}


def test_an_autoscaler_without_status_has_said_nothing() -> None:
    reading = Reading.of(saying({"metadata": {}}, at="t"), "m")
    assert (reading.value, reading.active) == (None, False)
    assert Reading.of(None, "m").value is None
