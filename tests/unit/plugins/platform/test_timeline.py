# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Timelines of pods: who ran with whom, and what nobody may conclude from a gap."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline, entry
from ansible_collections.ailab.conformance.plugins.module_utils._platform.trace import Trace

JSON = Any


def change(pod: str, phase: str, *, node: str = "") -> JSON:
    return {"at": "t", "pod": pod, "uid": pod, "phase": phase, **({"node": node} if node else {})}


def timeline(*changes: JSON, complete: bool = True) -> Timeline:
    return Timeline(changes=changes, complete=complete, since="a", until="b")


def test_pods_that_take_turns_never_ran_together() -> None:
    turns = timeline(change("a", "Running", node="n"), change("a", "Succeeded"), change("b", "Running", node="n"))
    assert (turns.most_running, turns.placed, turns.names) == (1, ["a", "b"], ["a", "b"])


def test_pods_that_overlap_ran_together() -> None:
    assert timeline(change("a", "Running"), change("b", "Running"), change("a", "Succeeded")).most_running == 2


@pytest.mark.parametrize("fact", [None, "null", [], {}, {"changes": {}}, {"changes": [], "complete": True}])
def test_nonsense_was_not_looked_at(fact: JSON) -> None:
    read = Timeline.read(fact)
    assert (read.looked, read.complete, read.most_running) == (False, False, 0)


def test_a_timeline_is_read_as_it_was_written() -> None:
    whole = timeline(change("a", "Running"))
    assert Timeline.read(whole.as_fact()).as_fact() == whole.as_fact()


def test_an_entry_has_what_a_reader_needs_and_no_more() -> None:
    pod = {
        "metadata": {"name": "a", "uid": "1", "managedFields": [{}]},
        "spec": {"nodeName": "n", "schedulingGates": [{"name": "g"}]},
        "status": {
            "phase": "Succeeded",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no room"}],
            "containerStatuses": [{"state": {"terminated": {"message": "barrier 2 of 2\n"}}}],
        },
    }
    assert entry(pod, at="t") == {
        "at": "t",
        "pod": "a",
        "uid": "1",
        "phase": "Succeeded",
        "node": "n",
        "refusal": "no room",
        "gates": ["g"],
        "said": "barrier 2 of 2",
    }
    assert entry(pod, at="t", gone=True)["phase"] == "Gone"


def pod(api: Any, name: str, phase: str) -> None:
    api.put("Pod", name, space="here", metadata={"labels": {"x": "y"}}, status={"phase": phase})


def test_a_trace_holds_every_change_in_turn(api: Any, cluster: Cluster) -> None:
    with Trace(cluster, "/api/v1/namespaces/here/pods", labels="x=y") as trace:
        trace.listed(seconds=5)
        for phase in ("Pending", "Running", "Running", "Succeeded"):
            pod(api, "a", phase)
        api.remove("Pod", "a", space="here")
        assert trace.reaches(lambda seen: len(seen.changes) == 4 or None, seconds=5)
        seen = trace.timeline()
    assert [item["phase"] for item in seen.changes] == ["Pending", "Running", "Succeeded", "Gone"]
    assert seen.complete


def test_a_watch_that_begins_anew_is_not_complete(api: Any, cluster: Cluster) -> None:
    api.forget = 1
    with Trace(cluster, "/api/v1/namespaces/here/pods") as trace:
        trace.listed(seconds=5)
        assert trace.until(lambda _pods: trace.listings > 1 or None, seconds=5)
        assert not trace.timeline().complete


def test_what_does_not_happen_is_not_waited_for_longer(cluster: Cluster) -> None:
    with Trace(cluster, "/api/v1/namespaces/here/pods") as trace:
        assert trace.reaches(lambda seen: bool(seen.placed) or None, seconds=0.2) is None
