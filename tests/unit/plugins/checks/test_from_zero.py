# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CA-09, a group without nodes that grows: what it is asked for, and how a platform that cannot do it could look as if it could."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.cluster_autoscaling.from_zero import GrowsFromZero
from ansible_collections.ailab.conformance.plugins.module_utils._checks.cluster_autoscaling.zero import empty_groups
from ansible_collections.ailab.conformance.plugins.module_utils._engine import judge
from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Side, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._platform.node_groups import world
from ansible_collections.ailab.conformance.plugins.module_utils._platform.promises import CAPACITY, Promise

from .test_fixtures import KINDS

JSON = Any
Facts = dict[str, JSON]
Edit = Callable[[Facts], object]

GPU = "nvidia.com/gpu"
SAID = {"cpu": "4", "memory": "8Gi", "gpu-type": GPU, "gpu-count": "2", "labels": "pool=zero"}
BOUNDS = "cluster.k8s.io/cluster-api-autoscaler-node-group-{}-size"
NODE, OTHER = "zero-1", "gpu-1"


def deployment(name: str, *, least: int = 0, replicas: int = 0, said: Mapping[str, str] = SAID) -> JSON:
    marks = {BOUNDS.format("min"): str(least), BOUNDS.format("max"): "3", **{f"{CAPACITY}{key}": value for key, value in said.items()}}
    return {"metadata": {"name": name, "uid": f"{name}-uid", "annotations": marks}, "spec": {"replicas": replicas}}


def owned(name: str, owner: str, node: str = "") -> JSON:
    return {
        "metadata": {"name": name, "uid": f"{name}-uid", "ownerReferences": [{"uid": f"{owner}-uid"}]},
        "status": {"nodeRef": {"name": node}},
    }


def node(name: str, **labels: str) -> JSON:
    return {
        "metadata": {"name": name, "uid": f"{name}-uid", "labels": {**labels, "ailab.conformance/simulated": "true"}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}], "allocatable": {GPU: "2"}},
    }


def at(replicas: int) -> JSON:
    """Two groups, of which one was empty, when that one is to have so many nodes and has them."""
    nodes = [OTHER, *(f"zero-{number + 1}" for number in range(replicas))]
    deployments = [deployment("gpu", least=1, replicas=1, said={}), deployment("zero", replicas=replicas)]
    sets = [owned("gpu-set", "gpu"), owned("zero-set", "zero")]
    machines = [owned(f"machine-{name}", f"{name.partition('-')[0]}-set", name) for name in nodes]
    return world(deployments, sets, machines, [node(name) for name in nodes]).as_fact()


def timeline(*changes: JSON) -> JSON:
    whole = [{"at": "t", "pod": "trigger", "uid": "u", "phase": "Pending", **change} for change in changes]
    return {"changes": whole, "complete": True, "since": "t", "until": "t"}


def sizes(*replicas: int) -> JSON:
    changes = [{"at": "t", "group": "gpu", "replicas": 1}, *({"at": "t", "group": "zero", "replicas": number} for number in replicas)]
    return {"changes": changes, "complete": True}


REFUSED = {"refusal": "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."}
HELPED = "pod triggered scale-up: [{MachineDeployment/kube-system/zero 0->1 (max: 3)}]"
NOT_HELPED = "pod didn't trigger scale-up: 1 Insufficient nvidia.com/gpu"
GROUP = {"name": "zero", "units": 2, "labels": {"pool": "zero"}, "resource": GPU}


def grown() -> Facts:
    """What is seen where all goes well, in the order in which it is seen."""
    return {
        "variant": {"beyond": 0},
        "group": GROUP,
        "promise.before": {"said": SAID},
        "world.before": at(0),
        "foreign": [],
        "world.grown": at(1),
        "nodes.grown": [node(OTHER), node(NODE, pool="zero")],
        "events.trigger": [{"reason": "TriggeredScaleUp", "message": HELPED}],
        "trigger": timeline({}, REFUSED, {"phase": "Running", "node": NODE}),
        "sizes": sizes(0, 1, 0),
        "world.shrunk": at(0),
        "promise.after": {"said": SAID},
    }


def asked_in_vain() -> Facts:
    """What is seen of the pod that asks for more than is promised."""
    return {
        "variant": {"beyond": 1},
        "group": GROUP,
        "world.before": at(0),
        "events.trigger": [{"reason": "NotTriggerScaleUp", "message": NOT_HELPED}],
        "trigger": timeline({}, REFUSED),
        "sizes": sizes(0),
        "world.grown": at(0),
    }


def seen(facts: Facts) -> Seen:
    return Seen.of(facts.items(), at="2026-01-01T00:00:00Z")


@pytest.mark.parametrize("kind", KINDS)
def test_facts_of_every_kind(kind: str) -> None:
    sides = {Side.SUBJECT: seen(grown()), Side.CONTROL: seen(asked_in_vain())}
    problems = list(KINDS[kind]("CA-09", sides))
    assert not problems, "\n".join(problems)


def annotated_otherwise(facts: Facts) -> None:
    facts["promise.after"] = {"said": {**SAID, "gpu-count": "4"}}


def other_group_grew(facts: Facts) -> None:
    facts["sizes"]["changes"].append({"at": "t", "group": "gpu", "replicas": 2})


def ran_elsewhere(facts: Facts) -> None:
    facts["trigger"] = timeline({}, REFUSED, {"phase": "Running", "node": OTHER})


def never_grew(facts: Facts, *events: JSON) -> None:
    facts.update({"world.grown": at(0), "trigger": timeline({}, REFUSED), "sizes": sizes(0), "events.trigger": list(events)})


def refused_help(facts: Facts) -> None:
    never_grew(facts, {"reason": "NotTriggerScaleUp", "message": NOT_HELPED})


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (never_grew, "not-grown"),
        (refused_help, "not-helped"),
        (lambda facts: facts.update({"world.grown": at(0)}), "node-missing"),
        (lambda facts: facts.update({"sizes": sizes(0, 2, 0), "world.grown": at(2)}), "grew-too-much"),
        (lambda facts: facts.update({"sizes": sizes(0, 2, 0)}), "grew-too-much"),
        # Somebody scaled the group by hand.
        (lambda facts: facts.update({"events.trigger": []}), "not-by-autoscaler"),
        (other_group_grew, "other-group-grew"),
        # The promise was no more than words: the node has other labels, or no accelerators.
        (lambda facts: facts.update({"trigger": timeline({}, REFUSED)}), "trigger-not-running"),
        (ran_elsewhere, "not-on-new-node"),
        # The last node is kept, as where a minimum of 0 is taken for 1.
        (lambda facts: facts.update({"world.shrunk": at(1)}), "node-not-removed"),
        (lambda facts: facts["world.shrunk"]["machines"].update(left="zero"), "machine-left"),
        (lambda facts: facts["world.shrunk"]["groups"][1].update(replicas=1), "group-differs"),
        (lambda facts: facts["world.shrunk"]["groups"][1].update(minimum=1), "group-differs"),
        (lambda facts: facts["world.shrunk"].update(groups=[]), "group-differs"),
        (annotated_otherwise, "annotations-differ"),
    ],
)
def test_a_broken_platform_fails(edit: Edit, reason: str) -> None:
    facts = grown()
    edit(facts)
    finding = judge.side(GrowsFromZero(), seen(facts))
    assert (finding.verdict, finding.reason) == (Verdict.FAIL, reason), finding.sentence


def taken_for_empty(facts: Facts) -> None:
    """The node was there before; nothing came from nothing."""
    facts["world.before"] = at(1)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (taken_for_empty, "not-empty"),
        (lambda facts: facts.update(foreign=["team-a/training"]), "foreign-demand"),
        (lambda facts: facts["sizes"].update(complete=False), "sizes-not-watched"),
        (lambda facts: facts.update(trigger=timeline({}, {"phase": "Running", "node": NODE})), "nobody-waited"),
        (lambda facts: facts.update({"promise.after": {"said": None}}), "promise-not-read"),
    ],
)
def test_what_decides_nothing(edit: Edit, reason: str) -> None:
    facts = grown()
    edit(facts)
    finding = judge.side(GrowsFromZero(), seen(facts))
    assert (finding.verdict, finding.reason) == (Verdict.INCONCLUSIVE, reason), finding.sentence


def test_an_autoscaler_that_says_nothing_flips_no_control() -> None:
    silent = {**asked_in_vain(), "events.trigger": []}
    result = judge.result(GrowsFromZero(), subject=seen(grown()), control=seen(silent))
    assert (result.verdict, result.reason, result.control.reason) == (Verdict.INCONCLUSIVE, "control-did-not-flip", "not-grown")


def test_only_a_group_that_may_be_empty_and_is_can_be_asked() -> None:
    deployments = [
        deployment("a-minimum", least=1),
        deployment("has-replicas", replicas=1),
        deployment("going"),
        deployment("silent", said={}),
        deployment("zero"),
    ]
    found = world(deployments, [owned("set", "going")], [owned("machine", "set")], [])
    chosen = empty_groups(found, deployments, [node(OTHER, pool="gpu")], resource=GPU)
    assert {empty.group.name: bool(empty.lacks) for empty in chosen} == {"silent": True, "zero": False}
    assert [(empty.units, empty.labels) for empty in chosen if not empty.lacks] == [(2, {"pool": "zero"})]


@pytest.mark.parametrize(
    ("said", "lacks"),
    [
        ({}, ""),
        ({"cpu": ""}, "cpu"),
        ({"memory": "much"}, "memory"),
        ({"gpu-count": "0"}, "gpu-type nvidia.com/gpu with a gpu-count"),
        ({"gpu-type": "amd.com/gpu"}, "gpu-type nvidia.com/gpu with a gpu-count"),
        ({"labels": "zero"}, "labels that no other node has"),
        ({"labels": "pool=gpu"}, "labels that no other node has"),
        ({"labels": "pool=gpu,zone=b"}, ""),
    ],
)
def test_what_annotations_do_not_promise(said: Mapping[str, str], lacks: str) -> None:
    promise = Promise.of(deployment("zero", said={**SAID, **said}))
    assert promise.lacks(GPU, nodes=[node(OTHER, pool="gpu", zone="a")]) == (f"{CAPACITY}{lacks}" if lacks else "")
