# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenario that most checks look at: a full group, one pod more, a node more, and everything as it was.

It adds one node, once, for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import NODE_GROUPS, one_at_a_time
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import CONTAINER
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import running

from .demand import part_trace, waiting_pod
from .one_more import dismiss, serve
from .scene import Scene, require_budget

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.node_groups import World
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.trace import Trace


JSON = Any

_LIST_DEVICES = ("nvidia-smi", "-L")
STORY = "growth"

GROWTH = one_at_a_time(NODE_GROUPS, story=STORY, seconds=80)
"""What every check of the scenario takes. Which accelerators it uses up, it finds out itself: those of the group that is to grow."""


def grow_and_shrink(bench: Bench) -> None:
    """Plays the scenario, or takes part in it: what was seen is recorded with every check that asks."""
    bench.shared(STORY, lambda: _Growth(bench).play())


class _Growth:
    """One telling of it."""

    def __init__(self, bench: Bench) -> None:
        require_budget(bench)
        self._bench = bench
        self._scene = Scene(bench)
        self._settings = self._scene.settings
        self._group, self._units = self._scene.chosen(bench.settings.accelerator_resource)
        self._room = self._scene.room(self._group, bench.settings.accelerator_resource)

    def play(self) -> None:
        """From before to after, as far as it comes, while nobody else uses the group's accelerators."""
        with self._bench.occupying(self._room.hosts):
            self._play()

    def _play(self) -> None:
        bench, scene = self._bench, self._scene
        before = scene.record("world.before")
        if scene.foreign(self._group, bench.settings.accelerator_resource):
            return
        with part_trace(bench, "baseline") as baseline, part_trace(bench, "trigger") as trigger, scene.sizes() as sizes:
            for watch in (baseline, trigger, sizes):
                watch.listed(seconds=bench.settings.start_seconds)
            pods = self._fill(before, baseline)
            if pods:
                self._one_more(before, trigger, pods)
            for name, trace in (("baseline", baseline), ("trigger", trigger)):
                bench.note(name, trace.timeline().as_fact())
            bench.note("sizes", sizes.as_fact())
        scene.record("world.after")

    def _fill(self, before: World, baseline: Trace) -> dict[str, JSON]:
        """Takes all accelerators of every node of the group: node → pod; nothing when that did not succeed."""
        members = sorted(before.members(self._group.name).values(), key=lambda node: node.name)
        pods = {
            node.name: self._bench.create(
                f"baseline-{number}",
                waiting_pod(self._bench, part="baseline", accelerators=self._units, host=node.name, keep=True),
            )
            for number, node in enumerate(members)
        }
        done = baseline.reaches(
            lambda timeline: any(len(running(state)) == len(pods) for state in timeline.states()) or None,
            seconds=self._bench.settings.start_seconds,
        )
        return pods if done else {}

    def _one_more(self, before: World, trigger: Trace, pods: dict[str, JSON]) -> None:
        bench, scene = self._bench, self._scene
        pod = bench.create("trigger", waiting_pod(bench, part="trigger", accelerators=self._units, labels=self._room.labels))
        grown = serve(bench, scene, before, trigger, pod)
        self._look_inside(pod, pods)
        self._stay_busy(grown)
        dismiss(bench, scene, before, grown, group=self._group.name, pod=pod)
        # A group that goes on shrinking has lost more than it gained: it is given time to show that.
        known = set(before.members(self._group.name))
        scene.until(lambda world, _view: not known <= {node.uid for node in world.nodes}, seconds=self._settings.hold_seconds)
        scene.record("world.shrunk")

    def _look_inside(self, pod: JSON, pods: dict[str, JSON]) -> None:
        """Asks every pod that runs which devices it sees."""
        view = self._bench.until(lambda seen: seen.all("Pod"), of=(kinds.POD,), seconds=0) or []
        runs = {item["metadata"]["uid"] for item in view if (item.get("status") or {}).get("phase") == "Running"}
        for role, item in (("trigger", pod), *((f"baseline-{number}", other) for number, other in enumerate(pods.values()))):
            if item["metadata"]["uid"] in runs:
                self._bench.know(role, item)
                self._bench.execute(role, _LIST_DEVICES, container=CONTAINER)

    def _stay_busy(self, grown: World) -> None:
        """Watches for a while whether a node goes although its pod needs it."""
        here = set(grown.members(self._group.name))
        self._scene.until(lambda world, _view: not here <= {node.uid for node in world.nodes}, seconds=self._settings.hold_seconds)
        self._scene.record("world.busy")
