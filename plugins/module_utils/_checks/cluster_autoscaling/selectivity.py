# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CA-07: only the group that was asked for grows."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl

from .growth import GROWTH, grow_and_shrink
from .needs import GROWS
from .outcome import added, group_of, grown, looked_at, seen_world
from .requirement import CLUSTER_AUTOSCALING
from .variants import Told

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


class RightGroupOnly(RecordedControl[Told]):
    """While one group grows, every other keeps its size in every change that was seen.

    Comparing sizes before and after would miss a node that came and went. The control is what was just seen, with one more node in
    another group for a moment.
    """

    id = "CA-07"
    requirement = CLUSTER_AUTOSCALING.id
    needs = GROWS
    title = "no other group grows"
    asks = "Does every other group keep its size while the group that has the wanted accelerators grows?"
    broken_looks_like = "A group of other nodes grows as well, or in its place."
    sources = ("KAR-0055", "cluster-autoscaler: expanders")
    mandatory = False
    subject = Told(at="from before to after")
    control = Told(at="the same with another group that grew for a moment")
    control_reason = "other-group-grew"
    subject_takes = GROWTH

    def observe(self, bench: Bench, _variant: Told, /) -> None:
        """Plays the scenario, or takes part in it."""
        grow_and_shrink(bench)

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same with one change more."""
        sizes = copy.deepcopy(subject.last("sizes") or {"changes": [], "complete": True})
        mine = (subject.last("group") or {}).get("name")
        other = next((change for change in sizes["changes"] if change["group"] != mine), None)
        if other is not None:
            sizes["changes"].append({**other, "replicas": other["replicas"] + 1})
        kept = [fact for fact in subject.facts if fact.name not in {"sizes", "variant"}]
        return [*((fact.name, fact.data) for fact in kept), ("sizes", sizes)]

    def evaluate(self, seen: Seen) -> Finding:
        """Compares the largest size of every other group with its first."""
        if (problem := looked_at(seen, "world.before", "world.grown")) is not None:
            return problem
        sizes, mine = seen.last("sizes"), group_of(seen)
        if not isinstance(sizes, dict) or sizes.get("complete") is not True:
            return inconclusive("sizes-not-watched", "the groups' sizes were not watched without a gap")
        if not added(seen):
            return inconclusive("no-new-node", "no node was added: see CA-04")
        others = {group.name: group.replicas for group in seen_world(seen, "world.before").groups if group.name != mine}
        if not others:
            return inconclusive("one-group-only", f"{mine} is the only group, so that no other could have grown")
        grew = [words for name, words in grown(seen_world(seen, "world.before"), sizes).items() if name != mine]
        if grew:
            return failure("other-group-grew", f"{listed(grew)} for a pod that needs nodes of {mine}: see the autoscaler's log")
        return success("right-group", f"while {mine} grew, {listed(f'{name} stayed at {size}' for name, size in others.items())}")
