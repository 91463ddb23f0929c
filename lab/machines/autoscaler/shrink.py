# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes have been empty for long enough to go: a pure function and the memory that it needs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from lab.machines.autoscaler.growth import Group
from lab.machines.drain import belongs_to_node
from lab.machines.kube import JSON

KEEP = "cluster-autoscaler.kubernetes.io/scale-down-disabled"


@dataclass(frozen=True, slots=True)
class Member:
    """A node of a group.

    Attributes:
        machine: the name of its Machine.
        unneeded: seconds that it has to be empty.
        keep: somebody said that it stays.
    """

    node: str
    machine: str
    group: str
    unneeded: float
    keep: bool
    pods: Sequence[JSON] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing would be lost with it. Unlike the real autoscaler, the stand-in never moves a pod."""
        return all(belongs_to_node(pod) or (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed") for pod in self.pods)


@dataclass(slots=True)
class Idle:
    """Since when which node has been empty (seconds of a monotonic clock)."""

    since: dict[str, float] = field(default_factory=dict)

    def look(self, members: Sequence[Member], groups: Sequence[Group], *, needed: Collection[str], now: float) -> None:
        """Note what is empty now; a node that is used, or about to be, begins anew.

        So does a node of a group that is at its minimum, as with the real autoscaler: when the group grows, the new node is not given
        for an old one that has been empty for ever.
        """
        spare = {group.name for group in groups if group.size > group.minimum}
        candidates = [member for member in members if member.group in spare and member.node not in needed]
        empty = {member.node for member in candidates if member.empty and not member.keep}
        self.since = {node: self.since.get(node, now) for node in empty}

    def removable(self, members: Sequence[Member], groups: Sequence[Group], *, now: float) -> list[Member]:
        """The nodes that are to go now: those that have been idle longest first, and never below a group's minimum."""
        spare = {group.name: group.size - group.minimum for group in groups}
        chosen = []
        for member in sorted(members, key=lambda member: (self.since.get(member.node, now), member.node)):
            since = self.since.get(member.node)
            if since is None or now - since < member.unneeded or spare.get(member.group, 0) <= 0:
                continue
            spare[member.group] -= 1
            chosen.append(member)
        return chosen
