# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which groups grow for which pending pods: a pure function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lab.machines.autoscaler.rooms import Demand, Room


@dataclass(frozen=True, slots=True)
class Group:
    """A node group: a MachineDeployment with both bounds.

    Attributes:
        size: its replicas.
        room: one more node of it; None where nothing tells what it would be like.
    """

    name: str
    minimum: int
    maximum: int
    size: int
    room: Room | None

    @property
    def id(self) -> str:
        """As cluster-autoscaler's clusterapi provider names it."""
        return f"MachineDeployment/kube-system/{self.name}"


@dataclass(slots=True)
class Growth:
    """What is to be done.

    Attributes:
        sizes: group → new size.
        helped: pod → the group that grows for it.
        refused: pod → reason → in how many groups.
        needed: nodes that pending pods will run on, so that none of them is taken away.
    """

    sizes: dict[str, int] = field(default_factory=dict)
    helped: dict[str, str] = field(default_factory=dict)
    refused: dict[str, dict[str, int]] = field(default_factory=dict)
    needed: set[str] = field(default_factory=set)


def plan_growth(groups: Sequence[Group], rooms: Sequence[Room], demands: Sequence[Demand]) -> Growth:
    """Pack the pods into the room that is there or coming, and for what is left into new nodes.

    Of several groups that would do, the one grows that leaves the fewest accelerators idle, as the expander ``least-waste`` has it.

    Args:
        rooms: on nodes that are there, and on nodes that were asked for and are not there yet.
        demands: the pending pods, the oldest first.
    """
    growth = Growth()
    open_rooms = list(rooms)
    for demand in demands:
        if demand.undecided:
            growth.refused[demand.key] = {demand.undecided: 1}
            continue
        place = next((index for index, room in enumerate(open_rooms) if not room.refusal(demand)), None)
        if place is not None:
            open_rooms[place] = open_rooms[place].with_pod(demand)
            if node := open_rooms[place].node:
                growth.needed.add(node)
            elif open_rooms[place].group in growth.sizes:
                growth.helped[demand.key] = open_rooms[place].group
            continue
        _grow(growth, groups, open_rooms, demand)
    return growth


def _grow(growth: Growth, groups: Sequence[Group], open_rooms: list[Room], demand: Demand) -> None:
    reasons: dict[str, int] = {}
    fitting: list[tuple[Group, Room]] = []
    for group in groups:
        reason = _refusal(group, growth.sizes.get(group.name, group.size), demand)
        if reason:
            reasons[reason] = reasons.get(reason, 0) + 1
        elif group.room:
            fitting.append((group, group.room.with_pod(demand)))
    if not fitting:
        growth.refused[demand.key] = reasons
        return
    group, room = min(fitting, key=lambda pair: (pair[1].leftover(), pair[0].name))
    growth.sizes[group.name] = growth.sizes.get(group.name, group.size) + 1
    growth.helped[demand.key] = group.name
    open_rooms.append(room)


def _refusal(group: Group, size: int, demand: Demand) -> str:
    if group.room is None:
        return "no node and no capacity annotation to learn from"
    if reason := group.room.refusal(demand):
        return reason
    return "max node group size reached" if size >= group.maximum else ""
