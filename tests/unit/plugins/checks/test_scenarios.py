# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gangs, pods that scale and nodes that scale, as recorded on a lab, and broken in one thing each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS
from ansible_collections.ailab.conformance.plugins.module_utils._engine import judge
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Fidelity, Side, Verdict

JSON = Any
STATE = "scenarios"


@pytest.mark.parametrize("identifier", ["GANG-04", "GANG-07", "HPA-03", "CA-04"])
def test_evidence_of_simulated_devices_says_so(both: Any, identifier: str) -> None:
    found = both(identifier, state=STATE)
    result = judge.result(CHECKS[identifier], subject=found[Side.SUBJECT].seen, control=found[Side.CONTROL].seen)
    assert result.fidelity is Fidelity.SIMULATED


def each_change(edit: Callable[[JSON], None]) -> Callable[[JSON], None]:
    """Edits every change of a timeline."""

    def edited(fact: JSON) -> None:
        for change in fact["changes"]:
            edit(change)

    return edited


def first_started(fact: JSON) -> None:
    """One member of a gang that was held has got a node."""
    fact["changes"] = [{"at": fact["since"], "pod": "gang-0", "uid": "0", "phase": "Running", "node": "a"}]


def same_words(fact: JSON) -> None:
    """All members say what the first said."""
    said = next(change["said"] for change in fact["changes"] if change.get("said"))
    for change in fact["changes"]:
        if change.get("said"):
            change["said"] = said


def never_together(fact: JSON) -> None:
    """Members that ran one after the other."""
    fact["changes"] = sorted(fact["changes"], key=lambda change: (change["pod"], change["at"]))


def with_reason(kind: str, **values: str) -> Callable[[JSON], None]:
    """Workloads whose condition has other values."""

    def edited(workloads: JSON) -> None:
        for workload in workloads:
            for condition in workload["status"]["conditions"]:
                if condition["type"] == kind:
                    condition.update(values)

    return edited


@pytest.mark.parametrize(
    ("identifier", "fact", "edit", "verdict", "reason"),
    [
        ("GANG-01", "controllers", lambda fact: fact.clear(), Verdict.FAIL, "controller-missing"),
        ("GANG-01", "endpoints", lambda fact: fact.clear(), Verdict.FAIL, "webhook-unserved"),
        ("GANG-01", "webhooks", lambda fact: fact.clear(), Verdict.FAIL, "webhook-missing"),
        ("GANG-02", "members", never_together, Verdict.FAIL, "not-together"),
        ("GANG-02", "members", lambda fact: fact.update(complete=False), Verdict.INCONCLUSIVE, "watch-interrupted"),
        ("GANG-02", "workloads.gang", lambda fact: fact.clear(), Verdict.INCONCLUSIVE, "not-admitted-by-queue"),
        ("GANG-03", "members", first_started, Verdict.FAIL, "members-started"),
        ("GANG-03", "workloads.gang", lambda fact: fact.clear(), Verdict.INCONCLUSIVE, "queue-undecided"),
        ("GANG-03", "members", lambda fact: fact.update(complete=False), Verdict.INCONCLUSIVE, "watch-interrupted"),
        ("GANG-04", "members", first_started, Verdict.FAIL, "partly-started"),
        ("GANG-04", "workloads.gang", with_reason("QuotaReserved", status="True"), Verdict.INCONCLUSIVE, "queue-undecided"),
        ("GANG-04", "arena", lambda fact: fact.update(free=0), Verdict.INCONCLUSIVE, "capacity-unknown"),
        ("GANG-06", "before", first_started, Verdict.FAIL, "partly-started"),
        ("GANG-06", "holder", lambda fact: fact.update(changes=[]), Verdict.INCONCLUSIVE, "holder-not-running"),
        ("GANG-06", "members", never_together, Verdict.FAIL, "partly-started"),
        ("GANG-07", "members", same_words, Verdict.FAIL, "devices-shared"),
    ],
)
def test_broken_gangs(*, recorded: Any, identifier: str, fact: str, edit: Any, verdict: Verdict, reason: str) -> None:
    finding = recorded(identifier, state=STATE).edited(fact, edit).judged()
    assert (finding.verdict, finding.reason) == (verdict, reason), finding.sentence


@pytest.mark.parametrize(
    ("fact", "edit", "verdict", "reason"),
    [
        ("sizes", lambda fact: fact.update(free=99), Verdict.INCONCLUSIVE, "not-scarce"),
        ("sizes", lambda fact: fact.clear(), Verdict.INCONCLUSIVE, "sizes-unknown"),
        ("job.second", lambda fact: fact["status"].update(conditions=[]), Verdict.FAIL, "not-both-complete"),
        ("members", lambda fact: fact.update(complete=False), Verdict.INCONCLUSIVE, "watch-interrupted"),
        ("workloads.second", lambda fact: fact.clear(), Verdict.INCONCLUSIVE, "not-admitted-by-queue"),
    ],
)
def test_two_gangs_in_doubt(*, recorded: Any, fact: str, edit: Any, verdict: Verdict, reason: str) -> None:
    finding = recorded("GANG-05", state=STATE).edited(fact, edit).judged()
    assert (finding.verdict, finding.reason) == (verdict, reason), finding.sentence


def one_ready(fact: JSON) -> None:
    """The second pod was wanted and never became ready: what counts desired replicas only takes for success."""
    pods = list(dict.fromkeys(change["pod"] for change in fact["pods"]["changes"]))
    for change in fact["pods"]["changes"]:
        if change["pod"] != pods[0]:
            change["ready"] = False


def saying(**changes: JSON) -> Callable[[JSON], None]:
    """An autoscaler that said something else all the time."""

    def edited(fact: JSON) -> None:
        for said in fact["said"]:
            said.update(changes)

    return edited


def reading(value: str) -> Callable[[JSON], None]:
    """An autoscaler that read another value all the time."""

    def edited(fact: JSON) -> None:
        for said in fact["said"]:
            said["metrics"] = {fact["metric"]: value}

    return edited


def one_gone(fact: JSON) -> None:
    """A pod that was to stay went at the end of the phase."""
    last = {change["uid"]: change for change in fact["pods"]["changes"]}
    stays = next(change for change in last.values() if change["phase"] == "Running")
    fact["pods"]["changes"].append({**stays, "phase": "Gone", "ready": False})


@pytest.mark.parametrize(
    ("identifier", "fact", "edit", "verdict", "reason"),
    [
        ("HPA-01", "pipeline", lambda fact: fact[0]["status"].update(conditions=[]), Verdict.FAIL, "pipeline-unavailable"),
        ("HPA-01", "answer.known", lambda fact: fact["body"].update(items=[]), Verdict.FAIL, "metric-not-served"),
        ("HPA-02", "phase.below", lambda fact: fact.update(served={}), Verdict.FAIL, "value-missing"),
        ("HPA-02", "phase.below", lambda fact: fact.update(served={"another": 95.0}), Verdict.FAIL, "value-differs"),
        ("HPA-02", "phase.below", lambda fact: fact.update(scraped={}), Verdict.INCONCLUSIVE, "pod-not-told"),
        ("HPA-03", "phase.idle", reading("120"), Verdict.INCONCLUSIVE, "idle-not-below"),
        ("HPA-03", "phase.above", one_ready, Verdict.FAIL, "replicas-not-ready"),
        ("HPA-03", "events", lambda fact: fact.clear(), Verdict.FAIL, "not-by-metric"),
        ("HPA-04", "phase.low", one_gone, Verdict.FAIL, "below-minimum"),
        ("HPA-04", "phase.above", one_ready, Verdict.INCONCLUSIVE, "not-scaled-up"),
        ("HPA-05", "phase.below", saying(desired=2), Verdict.FAIL, "scaled"),
        ("HPA-05", "phase.below", reading("10"), Verdict.INCONCLUSIVE, "value-not-read"),
        ("HPA-06", "phase.lost", one_gone, Verdict.FAIL, "replicas-changed"),
        ("HPA-06", "phase.lost", saying(conditions={"ScalingActive": {"status": "True"}}), Verdict.FAIL, "loss-not-noticed"),
        ("HPA-06", "phase.returned", saying(conditions={"ScalingActive": {"status": "False"}}), Verdict.FAIL, "not-recovered"),
        ("HPA-09", "phase.second.first", saying(desired=2), Verdict.FAIL, "other-scaled"),
        ("HPA-09", "phase.second.second", one_ready, Verdict.INCONCLUSIVE, "nothing-scaled"),
        ("HPA-10", "phase.app", saying(desired=1), Verdict.INCONCLUSIVE, "not-all-ready"),
    ],
)
def test_broken_pod_autoscaling(*, recorded: Any, identifier: str, fact: str, edit: Any, verdict: Verdict, reason: str) -> None:
    finding = recorded(identifier, state=STATE).edited(fact, edit).judged()
    assert (finding.verdict, finding.reason) == (verdict, reason), finding.sentence


def bounds(**changes: int) -> Callable[[JSON], None]:
    """Groups with other bounds or sizes."""

    def edited(fact: JSON) -> None:
        for group in fact["groups"]:
            group.update(changes)

    return edited


def other_uids(fact: JSON) -> None:
    """All nodes were replaced by others of the same name."""
    for node in fact["nodes"]:
        node["uid"] += "-again"


def lost_node(fact: JSON) -> None:
    """An old accelerator node went in place of the new one."""
    fact["nodes"] = [node for node in fact["nodes"] if not node["group"]]


@pytest.mark.parametrize(
    ("identifier", "fact", "edit", "verdict", "reason"),
    [
        ("CA-01", "world", bounds(minimum=1, maximum=1, replicas=1), Verdict.INCONCLUSIVE, "no-headroom"),
        ("CA-01", "status", lambda fact: fact.update(object=None), Verdict.FAIL, "autoscaler-missing"),
        (
            "CA-01",
            "status",
            lambda fact: fact["object"]["data"].update(status="autoscalerStatus: Initializing"),
            Verdict.FAIL,
            "autoscaler-not-running",
        ),
        (
            "CA-01",
            "status",
            lambda fact: fact["object"]["data"].update(status="autoscalerStatus: Running\n"),
            Verdict.FAIL,
            "group-unknown",
        ),
        ("CA-02", "foreign", lambda _fact: ["team-a/training"], Verdict.INCONCLUSIVE, "foreign-demand"),
        ("CA-02", "baseline", each_change(lambda change: change.update(phase="Pending")), Verdict.INCONCLUSIVE, "baseline-not-running"),
        ("CA-03", "trigger", each_change(lambda change: change.pop("refusal", None)), Verdict.FAIL, "not-refused"),
        ("CA-04", "events.trigger", lambda fact: fact.clear(), Verdict.FAIL, "not-by-autoscaler"),
        (
            "CA-04",
            "sizes",
            lambda fact: fact["changes"].append({**fact["changes"][-1], "replicas": 9, "group": "gpu-plugin"}),
            Verdict.FAIL,
            "grew-too-much",
        ),
        (
            "CA-05",
            "world.grown",
            lambda fact: [node["offers"].clear() for node in fact["nodes"]] and None,
            Verdict.FAIL,
            "accelerators-missing",
        ),
        ("CA-05", "exec.trigger.member", lambda fact: fact.update(stdout=""), Verdict.FAIL, "devices-missing"),
        ("CA-06", "world.shrunk", lost_node, Verdict.FAIL, "wrong-node-removed"),
        ("CA-06", "world.shrunk", lambda fact: fact["machines"].update(left="gpu-plugin"), Verdict.FAIL, "machine-left"),
        ("CA-07", "sizes", lambda fact: fact.update(complete=False), Verdict.INCONCLUSIVE, "sizes-not-watched"),
        ("CA-08", "events.trigger", lambda fact: fact.clear(), Verdict.INCONCLUSIVE, "autoscaler-silent"),
        ("CA-10", "world.after", other_uids, Verdict.FAIL, "nodes-differ"),
        ("CA-10", "world.after", bounds(maximum=7), Verdict.FAIL, "groups-differ"),
    ],
)
def test_broken_cluster_autoscaling(*, recorded: Any, identifier: str, fact: str, edit: Any, verdict: Verdict, reason: str) -> None:
    finding = recorded(identifier, state=STATE).edited(fact, edit).judged()
    assert (finding.verdict, finding.reason) == (verdict, reason), finding.sentence
