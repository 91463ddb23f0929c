# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes pods are kept to, and which they had better leave alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
from ansible_collections.ailab.conformance.plugins.module_utils._platform.placing import aside, on_nodes
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import Accelerators, Probe
from ansible_collections.ailab.conformance.plugins.module_utils._platform.stock import Share, Stock, take_stock

from .test_workspace import workspace

PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def score(affinity: Any, name: str) -> int:
    """What the scheduler's plugin NodeAffinity adds up for a node (component-helpers, PreferredSchedulingTerms.Score)."""
    terms = affinity["nodeAffinity"][PREFERRED]
    return sum(term["weight"] for term in terms if name in term["preference"]["matchFields"][0]["values"])


def test_a_node_that_has_just_come_is_the_last_choice() -> None:
    wish = aside(plain=["plain"], accelerated=["old"])
    assert score(wish, "plain") > score(wish, "old") > score(wish, "new") == 0


def test_a_wish_keeps_nobody_waiting() -> None:
    assert REQUIRED not in aside(plain=[], accelerated=["old"])["nodeAffinity"]
    assert aside(plain=[], accelerated=[]) is None


def test_a_manifest_does_not_grow_with_the_cluster() -> None:
    many = [f"node-{number}" for number in range(1000)]
    assert len(aside(plain=many, accelerated=many)["nodeAffinity"][PREFERRED]) == 100


def test_the_stock_knows_all_nodes(api: Any, cluster: Cluster, tmp_path: Path) -> None:
    settings = workspace(cluster, tmp_path / "ledger").settings
    amount = {settings.accelerator_resource: "1"}
    api.put("Node", "plain")
    api.put("Node", "busy", status={"allocatable": amount, "conditions": [{"type": "Ready", "status": "True"}]})
    user = {"containers": [{"name": "c", "resources": {"requests": amount}}], "nodeName": "busy"}
    api.put("Pod", "user", space="default", spec=user, status={"phase": "Running"})
    stock = take_stock(cluster, settings)
    assert (stock.plain, stock.accelerated, dict(stock.free[Allocator.DEVICE_PLUGIN])) == (("plain",), ("busy",), {})


def test_pods_with_accelerators_stay_on_their_share_and_others_out_of_the_way(api: Any, cluster: Cluster, tmp_path: Path) -> None:
    del api
    stock = Stock(free={}, chosen=Allocator.DRA, plain=("plain",), accelerated=("mine", "other"))
    with workspace(cluster, tmp_path / "ledger") as space:
        bench = Bench(workspace=space, prefix="x", record=lambda *_, **__: None, share=Share(nodes={"mine": 1}), stock=stock)
        having = bench.probe_manifest(Probe(accelerators=Accelerators(resources={"nvidia.com/gpu": 1}))).fields["spec"]
        plain = bench.probe_manifest(Probe()).fields["spec"]
        named = bench.probe_manifest(Probe(node="there")).fields["spec"]
    assert having["affinity"] == on_nodes(["mine"])
    assert plain["affinity"] == aside(plain=stock.plain, accelerated=stock.accelerated)
    assert named["affinity"] == on_nodes(["there"])
