# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What evaluators of this package read in the same way. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed
from ansible_collections.ailab.conformance.plugins.module_utils._platform.node_groups import Member, World
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding

JSON = Any


def looked_at(seen: Seen, *facts: str) -> Finding | None:
    """What stands in the way of a conclusion; None when every world is there and the group belonged to the run alone."""
    missing = [fact for fact in facts if World.read(seen.last(fact)) is None]
    foreign = seen.last("foreign")
    if foreign:
        return inconclusive("foreign-demand", f"{listed(foreign)} want accelerators too, so that growth may be theirs")
    if missing or not (isinstance(seen.last("group"), dict) and seen.last("group").get("name")):
        return inconclusive("groups-not-seen", f"the groups were not seen at {listed(missing or ['the start'])}: the scenario ended before")
    return None


def seen_world(seen: Seen, fact: str) -> World:
    """A world that is known to be there.

    Raises:
        ValueError: it is not.
    """
    found = World.read(seen.last(fact))
    if found is None:
        raise ValueError(f"{fact} is no world")
    return found


def group_of(seen: Seen) -> str:
    """Name of the group of the scenario."""
    return str(seen.last("group")["name"])


def added(seen: Seen, fact: str = "world.grown") -> dict[str, Member]:
    """The nodes that the group has in a world and had not before, by UID."""
    before = seen_world(seen, "world.before").members(group_of(seen))
    return {uid: node for uid, node in seen_world(seen, fact).members(group_of(seen)).items() if uid not in before}


def triggered(events: JSON, group: str) -> str:
    """The autoscaler's message that a pod made a group grow; empty when there is none."""
    for event in events if isinstance(events, list) else []:
        if event.get("reason") == "TriggeredScaleUp" and f"/{group} " in str(event.get("message")):
            return str(event["message"])
    return ""


def not_triggered(events: JSON) -> str:
    """The autoscaler's message that no group can help a pod; empty when there is none."""
    known = events if isinstance(events, list) else []
    return next((str(event.get("message")) for event in reversed(known) if event.get("reason") == "NotTriggerScaleUp"), "")


def largest(sizes: JSON) -> Mapping[str, int]:
    """The largest number of replicas that each group ever was to have."""
    found: dict[str, int] = {}
    for change in (sizes or {}).get("changes") or []:
        found[change["group"]] = max(found.get(change["group"], 0), int(change["replicas"]))
    return found


def grown(before: World, sizes: JSON) -> dict[str, str]:
    """The groups that were ever to be larger than before, each with its growth in words."""
    most = largest(sizes)
    larger = (group for group in before.groups if most.get(group.name, 0) > group.replicas)
    return {group.name: f"{group.name} from {group.replicas} to {most[group.name]}" for group in larger}


def amiss(seen: Seen, *, grew: int) -> Finding | None:
    """What is wrong with how the group grew; None where one node came, and the autoscaler says that it came because of the pod.

    Args:
        seen: what was seen.
        grew: by how many nodes the group was to be larger, at most.
    """
    name, new = group_of(seen), sorted(node.name for node in added(seen).values())
    if not new:
        return failure("node-missing", f"group {name} was to have {grew} nodes more, but none came: see the machines' events")
    if len(new) > 1 or grew > 1:
        return failure("grew-too-much", f"group {name} grew by {grew}, {listed(new)} came; expected one: see the autoscaler's log")
    if not triggered(seen.last("events.trigger"), name):
        return failure("not-by-autoscaler", f"{new[0]} came, but no event TriggeredScaleUp names group {name}: somebody else added it")
    return None


def remainder(seen: Seen, now: World) -> Finding | None:
    """What is left of the growth in a world; None for nothing."""
    name, here = group_of(seen), {node.uid for node in now.nodes}
    left = [node.name for uid, node in added(seen).items() if uid in here]
    if left:
        return failure("node-not-removed", f"{listed(left)} is still there, expected that it goes: see the autoscaler's log")
    machines = now.machines_of(name) - seen_world(seen, "world.before").machines_of(name)
    if machines:
        return failure("machine-left", f"the node is gone, but {len(machines)} machine of it is not: see the machine controller's log")
    return None


def ran_on(timeline: Timeline) -> str:
    """The node on which a pod ran last; empty where it never did."""
    return next((str(change.get("node")) for change in reversed(timeline.changes) if change["phase"] == "Running"), "")


def refusal(timeline: Timeline) -> str:
    """What the scheduler said first when it had no place for a pod."""
    return next((str(change["refusal"]) for change in timeline.changes if change.get("refusal")), "")
