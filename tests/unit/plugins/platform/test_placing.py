# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes pods are kept to, and which they had better leave alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
from ansible_collections.ailab.conformance.plugins.module_utils._platform.placing import aside, on_nodes
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import Accelerators, Probe
from ansible_collections.ailab.conformance.plugins.module_utils._platform.stock import Share

from .test_workspace import workspace

PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def score(affinity: Any, *, name: str, labels: dict[str, str]) -> int:
    """What the scheduler's plugin NodeAffinity adds up for a node (component-helpers, PreferredSchedulingTerms.Score)."""

    def meets(preference: Any) -> bool:
        names = [name in field["values"] for field in preference.get("matchFields", [])]
        absent = [expression["key"] not in labels for expression in preference.get("matchExpressions", [])]
        return all([*names, *absent])

    return sum(term["weight"] for term in affinity["nodeAffinity"][PREFERRED] if meets(term["preference"]))


def test_a_node_that_has_just_come_is_the_last_choice() -> None:
    wish = aside(["old"], accelerated="nvidia.com/gpu.present=true")
    plain, old, new = (
        score(wish, name=name, labels=labels)
        for name, labels in (("plain", {}), ("old", {"nvidia.com/gpu.present": "true"}), ("new", {"nvidia.com/gpu.present": "true"}))
    )
    assert plain > old > new == 0


def test_a_wish_keeps_nobody_waiting() -> None:
    assert REQUIRED not in aside(["old"], accelerated="gpu")["nodeAffinity"]
    assert len(aside([], accelerated="gpu")["nodeAffinity"][PREFERRED]) == 1


def test_pods_with_accelerators_stay_on_their_share_and_others_out_of_the_way(api: Any, cluster: Cluster, tmp_path: Path) -> None:
    del api
    with workspace(cluster, tmp_path / "ledger") as space:
        bench = Bench(workspace=space, prefix="x", record=lambda *_, **__: None, share=Share(nodes={"mine": 1}), known=["mine", "other"])
        having = bench.probe_manifest(Probe(accelerators=Accelerators(resources={"nvidia.com/gpu": 1}))).fields["spec"]
        plain = bench.probe_manifest(Probe()).fields["spec"]
        named = bench.probe_manifest(Probe(node="there")).fields["spec"]
    assert having["affinity"] == on_nodes(["mine"])
    assert plain["affinity"] == aside(["mine", "other"], accelerated=space.settings.accelerator_label)
    assert named["affinity"] == on_nodes(["there"])
