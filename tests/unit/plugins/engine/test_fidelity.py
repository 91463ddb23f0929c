# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the evidence was taken from, told by its marks."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.fidelity import MARK, fidelity, is_simulated_node, least
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Fidelity

JSON = Any


def piece(*attributes: JSON, node: str = "n", driver: str = "gpu.nvidia.com", labels: JSON = None) -> JSON:
    devices = [{"name": f"d{number}", "attributes": value} for number, value in enumerate(attributes)]
    return {
        "kind": "ResourceSlice",
        "metadata": {"name": "s", "labels": labels or {}},
        "spec": {"driver": driver, "nodeName": node, "devices": devices},
    }


def node(name: str = "n", *, labels: JSON = None, annotations: JSON = None) -> JSON:
    return {"kind": "Node", "metadata": {"name": name, "labels": labels or {}, "annotations": annotations or {}}}


def completion(backend: str | None) -> JSON:
    return {"object": "chat.completion", "choices": [{"index": 0}], "system_fingerprint": backend}


SIMULATED, REAL = {"simulated": {"bool": True}}, {"uuid": {"string": "u"}}


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        ([], Fidelity.REAL),
        ([{"status": 200, "body": {"kind": "APIGroup"}}], Fidelity.REAL),
        ([[piece(REAL)]], Fidelity.REAL),
        ([[piece(SIMULATED)]], Fidelity.SIMULATED),
        ([[piece({"gpu.nvidia.com/simulated": {"bool": True}})]], Fidelity.SIMULATED),
        ([[piece({"simulated": {"bool": False}})]], Fidelity.REAL),
        ([[piece({"simulated": {"string": "true"}})]], Fidelity.REAL),
        ([[piece(SIMULATED, REAL)]], Fidelity.PARTIAL),
        ([[piece(REAL, labels={MARK: "true"})]], Fidelity.SIMULATED),
        ([[piece(REAL, driver="gpu.example.com")]], Fidelity.SIMULATED),
        ([{"slices": [piece(REAL)], "node": node(labels={MARK: "true"})}], Fidelity.SIMULATED),
        ([{"slices": [piece(REAL)], "node": node("other", labels={MARK: "true"})}], Fidelity.REAL),
        ([[piece(REAL)], [node(annotations={"kwok.x-k8s.io/node": "fake"})]], Fidelity.SIMULATED),
        ([[node(labels={"type": "kwok"})]], Fidelity.SIMULATED),
        ([{"body": completion("ailab-conformance-inference-stub")}], Fidelity.SIMULATED),
        ([{"body": completion("ailab-conformance-inference-stub")}, {"body": completion(None)}], Fidelity.PARTIAL),
        ([{"body": completion(None)}], Fidelity.REAL),
        ([[piece(REAL)], {"body": completion("ailab-conformance-inference-stub")}], Fidelity.PARTIAL),
        ([{"body": piece(SIMULATED, labels={"ai-conformance/run": "x"})}], Fidelity.REAL),
    ],
)
def test_marks_decide(facts: list[JSON], level: Fidelity) -> None:
    assert fidelity(facts) is level


def test_together_they_are_worth_the_least() -> None:
    assert least([]) is Fidelity.REAL
    assert least([Fidelity.REAL, Fidelity.PARTIAL]) is Fidelity.PARTIAL
    assert least([Fidelity.SIMULATED, Fidelity.REAL, Fidelity.PARTIAL]) is Fidelity.SIMULATED


@pytest.mark.parametrize("labels", [{}, {MARK: "false"}, {"type": "gpu"}])
def test_a_node_without_mark_is_real(labels: JSON) -> None:
    assert not is_simulated_node(node(labels=labels))
    assert not is_simulated_node({})
