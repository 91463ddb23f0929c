# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CA-09: a group without nodes grows by what its annotations promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import NODE_GROUPS, one_at_a_time
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline

from .demand import part_trace, wait_in_vain, waiting_pod
from .needs import GROWS
from .one_more import dismiss, serve
from .outcome import added, amiss, group_of, grown, largest, looked_at, not_triggered, ran_on, refusal, remainder, seen_world
from .requirement import CLUSTER_AUTOSCALING
from .scene import Scene, require_budget
from .zero import Empty, empty_group, record_promise

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Manifest

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class OfEmptyGroup:
    """What a pod asks of a group without nodes.

    Attributes:
        beyond: how many accelerators more than one node is promised to have.
    """

    beyond: int


class GrowsFromZero(Check[OfEmptyGroup]):
    """A pod asks for the accelerators of a group that has no node, by the labels that the group's annotations promise.

    Nothing but the annotations can tell the autoscaler what a node of it would be like. The control asks for one accelerator more than
    they promise: the autoscaler has to see that this group cannot help, and to say so at the pod, so that its word is about the promise.
    """

    id = "CA-09"
    requirement = CLUSTER_AUTOSCALING.id
    needs = GROWS
    title = "an empty group grows by what its annotations promise"
    asks = "Does a group without nodes get one for a pod that its annotations fit, and none again, annotations unchanged, after the pod?"
    broken_looks_like = "The group stays empty, its node is not what was promised, or the last node never goes."
    sources = ("cluster-autoscaler: clusterapi, scale from zero", "KKP: cluster autoscaler, minimum size")
    mandatory = False
    subject = OfEmptyGroup(beyond=0)
    control = OfEmptyGroup(beyond=1)
    control_reason = "not-helped"
    subject_takes = one_at_a_time(NODE_GROUPS, seconds=60)
    control_takes = one_at_a_time(NODE_GROUPS, seconds=8)

    def observe(self, bench: Bench, variant: OfEmptyGroup, /) -> None:
        """Brings a node and lets it go; or asks in vain."""
        require_budget(bench)
        scene = Scene(bench)
        empty = empty_group(bench, scene)
        pod = waiting_pod(bench, part="trigger", accelerators=empty.units + variant.beyond, labels=empty.labels)
        if variant.beyond:
            wait_in_vain(bench, scene, pod)
        else:
            self._grow(bench, scene, empty, pod)

    @staticmethod
    def _grow(bench: Bench, scene: Scene, empty: Empty, manifest: Manifest) -> None:
        record_promise(bench, scene, empty.group, "promise.before")
        before = scene.record("world.before")
        if scene.foreign(empty.group, bench.settings.accelerator_resource):
            return
        with part_trace(bench, "trigger") as trigger, scene.sizes() as sizes:
            trigger.listed(seconds=bench.settings.start_seconds)
            sizes.listed(seconds=bench.settings.start_seconds)
            pod = bench.create("trigger", manifest)
            after = serve(bench, scene, before, trigger, pod)
            dismiss(bench, scene, before, after, group=empty.group.name, pod=pod)
            bench.note("trigger", trigger.timeline().as_fact())
            bench.note("sizes", sizes.as_fact())
        scene.record("world.shrunk")
        record_promise(bench, scene, empty.group, "promise.after")

    def evaluate(self, seen: Seen) -> Finding:
        """Follows the group from nothing to one node and back."""
        if (problem := looked_at(seen, "world.before", "world.grown")) is not None:
            return problem
        timeline, sizes, name = Timeline.read(seen.last("trigger")), seen.last("sizes"), group_of(seen)
        if not isinstance(sizes, dict) or sizes.get("complete") is not True or name not in largest(sizes):
            return inconclusive("sizes-not-watched", "the groups' sizes were not watched without a gap")
        if not timeline.looked or not refusal(timeline):
            return inconclusive("nobody-waited", "no pod was refused by the scheduler, so that nobody asked for a node")
        return self._followed(seen, name, timeline)

    def _followed(self, seen: Seen, name: str, timeline: Timeline) -> Finding:
        sizes, before = seen.last("sizes"), seen_world(seen, "world.before")
        group, grew = before.group(name), grown(before, sizes)
        if group is None or group.replicas or before.members(name) or before.machines_of(name):
            return inconclusive("not-empty", f"group {name} was not seen without nodes before the pod came")
        others = [words for other, words in grew.items() if other != name]
        if others:
            return failure("other-group-grew", f"{listed(others)} for a pod that only nodes of {name} can serve: see the autoscaler's log")
        if name not in grew:
            return self._stayed_empty(seen, name)
        return amiss(seen, grew=largest(sizes)[name]) or self._not_served(seen, timeline) or self._ended(seen)

    @staticmethod
    def _stayed_empty(seen: Seen, name: str) -> Finding:
        if not isinstance(seen.last("events.trigger"), list):
            return inconclusive("events-not-seen", "the autoscaler's events about the pod were not read")
        words = not_triggered(seen.last("events.trigger"))
        if not words:
            return failure("not-grown", f"group {name} stayed empty, and the autoscaler has not said why: see its log")
        return failure("not-helped", f"group {name} stayed empty; the autoscaler says: {words}")

    @staticmethod
    def _not_served(seen: Seen, timeline: Timeline) -> Finding | None:
        came, where = listed(node.name for node in added(seen).values()), ran_on(timeline)
        if not where:
            return failure("trigger-not-running", f"{came} came, but the pod did not run: compare the node with the annotations")
        if where != came:
            return failure("not-on-new-node", f"the pod ran on {where}, expected {came}")
        return None

    @staticmethod
    def _ended(seen: Seen) -> Finding:
        if (problem := looked_at(seen, "world.shrunk")) is not None:
            return problem
        name, now = group_of(seen), seen_world(seen, "world.shrunk")
        if (problem := remainder(seen, now)) is not None:
            return problem
        was, group = seen_world(seen, "world.before").group(name), now.group(name)
        if group != was:
            return failure("group-differs", f"the group is {group and group.in_short}, expected as before, {was and was.in_short}")
        promised, left = ((seen.last(f"promise.{moment}") or {}).get("said") for moment in ("before", "after"))
        if not promised or left is None:
            return inconclusive("promise-not-read", f"the annotations of group {name} were not read before and after")
        if promised != left:
            return failure("annotations-differ", f"the capacity annotations of group {name} were {promised}, and are {left}")
        node, about = listed(item.name for item in added(seen).values()), seen.last("group")
        came = f"{node} came into the empty group {name} for {about['units']} {about['resource']}"
        return success("from-zero", f"{came}, and went after the pod; group and annotations are as before")
