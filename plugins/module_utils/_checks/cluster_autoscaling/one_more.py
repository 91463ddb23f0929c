# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pod for which there is no room: until it is served, and until what came for it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .demand import refused

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.node_groups import World
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.trace import Trace

    from .scene import Scene

JSON = Any


def serve(bench: Bench, scene: Scene, before: World, trigger: Trace, pod: JSON) -> World:
    """Waits until the pod runs, or more nodes are on their way than may be added; recorded as ``world.grown``, with nodes and events."""
    trigger.reaches(refused, seconds=bench.settings.start_seconds)

    def settled(world: World, view: View) -> bool:
        found = view.by_uid("Pod", pod["metadata"]["uid"])
        runs = found is not None and (found.get("status") or {}).get("phase") == "Running"
        return runs or _growth(before, world) > bench.settings.max_nodes_added

    scene.until(settled, seconds=scene.settings.grow_seconds)
    grown = scene.record("world.grown")
    scene.nodes("nodes.grown")
    scene.events("trigger", pod)
    return grown


def dismiss(bench: Bench, scene: Scene, before: World, grown: World, *, group: str, pod: JSON) -> None:
    """Deletes the pod, and waits until the nodes that came for it and their machines are gone."""
    bench.delete("trigger", [pod])
    added = set(grown.members(group)) - set(before.members(group))

    def shrunk(world: World, _view: View) -> bool:
        here = {node.uid for node in world.nodes}
        return not (added & here) and not (world.machines_of(group) - before.machines_of(group))

    scene.until(shrunk, seconds=scene.settings.shrink_seconds)


def _growth(before: World, world: World) -> int:
    """By how many nodes all groups together are to be larger."""

    def total(groups: World) -> int:
        return sum(group.replicas for group in groups.groups)

    return total(world) - total(before)
