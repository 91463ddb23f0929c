# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine template asks of a node."""

from __future__ import annotations

from typing import Any

import pytest

from lab.errors import LabError
from lab.machines.template import kubelet_labels, node_labels, node_taints, template_hash

GPUS = {"providerSpec": {"value": {"cloudProviderSpec": {"accelerators": {"allocation": "dra", "count": 2}}}}}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": None}, {"a": 1}, True),
        ({"a": {"b": {}}}, {"a": {}}, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": "1"}, {"a": 1}, False),
        ({"a": 0}, {}, False),
        ({"a": False}, {}, False),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}, False),
    ],
)
def test_templates_are_the_same_where_they_ask_for_the_same(one: dict[str, Any], other: dict[str, Any], *, same: bool) -> None:
    assert (template_hash(one) == template_hash(other)) is same


def test_gpus_are_asked_for_by_the_labels_that_the_simulated_drivers_look_for() -> None:
    assert node_labels({"metadata": {"labels": {"a": "b"}}, **GPUS}) == {
        "a": "b",
        "ailab.conformance/simulated": "true",
        "ailab.conformance/gpu-pool": "dra",
        "ailab.conformance/simulated-gpus": "2",
    }


@pytest.mark.parametrize(
    "asked", [{"allocation": "both", "count": 1}, {"allocation": "dra", "count": 0}, {"allocation": "dra", "count": True}, "2"]
)
def test_gpus_in_other_words_are_refused(asked: object) -> None:
    with pytest.raises(LabError, match="allocation dra or device-plugin, and count, 1 to 16"):
        node_labels({"providerSpec": {"value": {"cloudProviderSpec": {"accelerators": asked}}}})


def test_a_kubelet_gets_no_labels_that_it_would_refuse_to_start_with() -> None:
    labels = {
        "plain": "",
        "system/cluster": "",
        "node.kubernetes.io/pool": "",
        "kubernetes.io/x": "",
        "topology.k8s.io/z": "",
        "notkubernetes.io/a": "",
    }
    assert set(kubelet_labels(labels)) == {"plain", "system/cluster", "notkubernetes.io/a"}


def test_taints_are_written_as_the_kubelet_reads_them() -> None:
    taints = [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}, {"key": "bare", "effect": "NoExecute"}]
    assert node_taints({"taints": taints}) == ("nvidia.com/gpu=present:NoSchedule", "bare=:NoExecute")
