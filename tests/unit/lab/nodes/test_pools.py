# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pools are taken as asked for, or refused with the place of the fault."""

from __future__ import annotations

import json

import pytest

from lab.errors import LabError
from lab.nodes.pools import desired_nodes, parse, same
from lab.nodes.state import NodeRecord


def test_a_gpu_pool_marks_its_nodes_as_simulated_and_keeps_others_off() -> None:
    pools = parse('[{"name": "gpu", "replicas": 2, "labels": {"a": "b"}, "accelerators": {"allocation": "dra", "count": 4}}]')
    nodes = desired_nodes("lab", pools)
    assert list(nodes) == ["lab-gpu-0", "lab-gpu-1"]
    node = nodes["lab-gpu-0"]
    assert node.labels == {
        "a": "b",
        "ailab.conformance/simulated": "true",
        "ailab.conformance/gpu-pool": "dra",
        "ailab.conformance/simulated-gpus": "4",
    }
    assert node.taints == ("nvidia.com/gpu=present:NoSchedule",)


def test_a_pool_without_accelerators_has_no_marks() -> None:
    (node,) = desired_nodes("lab", parse('[{"name": "cpu"}]')).values()
    assert (node.labels, node.taints) == ({}, ())


def test_another_count_makes_another_node() -> None:
    def node(count: int) -> NodeRecord:
        return desired_nodes("lab", parse(json.dumps([{"name": "g", "accelerators": {"allocation": "dra", "count": count}}])))["lab-g-0"]

    assert same(node(2), node(2))
    assert not same(node(2), node(3))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no JSON"),
        ('{"name": "a"}', "a list of objects"),
        ('[{"name": "A"}]', "RFC 1123"),
        ('[{"name": "a"}, {"name": "a"}]', "each name once"),
        ('[{"name": "a", "replica": 1}]', "the key replica"),
        ('[{"name": "a", "replicas": -1}]', "0 or more"),
        ('[{"name": "a", "replicas": true}]', "0 or more"),
        ('[{"name": "a", "labels": {"x": 1}}]', "an object of texts"),
        ('[{"name": "a", "taints": ["x=y"]}]', "key=value:Effect"),
        ('[{"name": "a", "accelerators": {"allocation": "both", "count": 1}}]', "dra or device-plugin"),
        ('[{"name": "a", "accelerators": {"allocation": "dra", "count": 0}}]', "1 to 16"),
    ],
)
def test_a_wrong_pool_is_refused_with_found_and_expected(text: str, words: str) -> None:
    with pytest.raises(LabError, match=words):
        parse(text)
