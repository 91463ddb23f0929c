# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CA-02: the group is full, one pod per node, and nobody else wants its accelerators."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import counted, failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline, running

from .growth import GROWTH, grow_and_shrink
from .needs import GROWS
from .outcome import group_of, looked_at, seen_world
from .requirement import CLUSTER_AUTOSCALING
from .variants import Told

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


class FullGroup(RecordedControl[Told]):
    """Every node of the group has one pod of ours that takes all its accelerators, so that the next one has no place.

    Without it a new node would prove nothing. Pods of others that want accelerators leave it undecided. The control is what was just
    seen, with a second pod on the first pod's node.
    """

    id = "CA-02"
    requirement = CLUSTER_AUTOSCALING.id
    needs = GROWS
    title = "the group is full, one pod per node"
    asks = "Does one pod take all accelerators of each node of the group, with nobody else wanting any?"
    broken_looks_like = "Two pods share a node, a node has none, or the pods do not run."
    sources = ("KAR-0055: baseline",)
    subject = Told(at="before one more pod comes")
    control = Told(at="the same with two pods on one node")
    control_reason = "not-one-per-node"
    subject_takes = GROWTH

    def observe(self, bench: Bench, _variant: Told, /) -> None:
        """Plays the scenario, or takes part in it."""
        grow_and_shrink(bench)

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same with one more pod on the first node."""
        baseline = copy.deepcopy(subject.last("baseline") or {"changes": []})
        nobody = {"node": "", "pod": "", "uid": "", "phase": "Running"}
        first = next((change for change in baseline["changes"] if change.get("node")), nobody)
        baseline["changes"].append({**first, "pod": f"{first['pod']}-again", "uid": f"{first['uid']}-again", "phase": "Running"})
        facts = ("world.before", "group", "nodes", "foreign")
        return [*((name, subject.last(name)) for name in facts if subject.last(name) is not None), ("baseline", baseline)]

    def evaluate(self, seen: Seen) -> Finding:
        """Compares the pods with the nodes."""
        if (problem := looked_at(seen, "world.before")) is not None:
            return problem
        timeline, name = Timeline.read(seen.last("baseline")), group_of(seen)
        if not timeline.looked:
            return inconclusive("baseline-not-watched", "the pods that fill the group were not watched to the end")
        nodes = sorted(node.name for node in seen_world(seen, "world.before").members(name).values())
        together = [[state[uid] for uid in running(state)] for state in timeline.states()]
        most = max(together, key=len, default=[])
        where = sorted(str(pod.get("node")) for pod in most)
        if not where:
            return inconclusive("baseline-not-running", "no pod of those that fill the group ran: see the image and the nodes")
        if where != nodes:
            return failure("not-one-per-node", f"pods ran on {listed(where)}, expected one on each of {listed(nodes)}")
        return success("group-full", f"group {name}: {counted(len(nodes), 'node')}, one pod with all accelerators on each")
