# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has become of some pods, change by change: who ran when, who ran together, who never came. Pure.

A wait on a mirror may see two changes as one. A timeline holds them all, so that "never" and "at the same time" can be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import timestamp

from .pods import condition, is_ready

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Clock

JSON = Any


def moment(clock: Clock) -> str:
    """Now, as timelines have it: UTC, RFC 3339 with milliseconds."""
    return timestamp(clock.now())


def entry(pod: JSON, *, at: str, gone: bool = False) -> JSON:
    """What a timeline keeps of a pod at one moment.

    Args:
        pod: the Pod.
        at: when it was seen so, UTC, RFC 3339.
        gone: whether this is its last state, seen at its deletion.
    """
    status, spec, metadata = pod.get("status") or {}, pod.get("spec") or {}, pod["metadata"]
    scheduled = condition(pod, "PodScheduled")
    ended = [(item.get("state") or {}).get("terminated") or {} for item in status.get("containerStatuses") or []]
    found = {
        "at": at,
        "pod": metadata["name"],
        "uid": metadata["uid"],
        "phase": "Gone" if gone else str(status.get("phase") or "Pending"),
        "node": str(spec.get("nodeName") or ""),
        "ready": not gone and is_ready(pod),
        "ending": bool(metadata.get("deletionTimestamp")),
        "placed_at": str(scheduled.get("lastTransitionTime") or "") if scheduled.get("status") == "True" else "",
        "refusal": str(scheduled.get("message") or "") if scheduled.get("reason") == "Unschedulable" else "",
        "gates": [str(gate.get("name")) for gate in spec.get("schedulingGates") or []],
        "said": " ".join(str(state["message"]).strip() for state in ended if state.get("message")),
    }
    return {key: value for key, value in found.items() if value not in ("", [], False)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The changes of some pods, oldest first.

    Attributes:
        changes: as ``entry`` made them.
        complete: whether every change was seen; after a watch that had to begin anew it is not.
        since: when looking began; empty when nobody has looked.
        until: when it ended.
    """

    changes: Sequence[JSON]
    complete: bool
    since: str
    until: str

    @classmethod
    def read(cls, fact: JSON) -> Timeline:
        """A timeline as ``as_fact`` wrote it; one that nobody has looked at for anything else."""
        values: Mapping[str, JSON] = fact if isinstance(fact, Mapping) else {}
        changes = values.get("changes")
        seen = isinstance(changes, list) and bool(values.get("until"))
        return cls(
            changes=changes if isinstance(changes, list) else [],
            complete=seen and values.get("complete") is True,
            since=str(values.get("since") or "") if seen else "",
            until=str(values.get("until") or "") if seen else "",
        )

    def as_fact(self) -> JSON:
        """Plain JSON."""
        return {"changes": list(self.changes), "complete": self.complete, "since": self.since, "until": self.until}

    @property
    def looked(self) -> bool:
        """Whether somebody has looked from a beginning to an end."""
        return bool(self.since and self.until)

    @property
    def names(self) -> list[str]:
        """Names of all pods that ever existed, in the order of their coming."""
        return list(dict.fromkeys(change["pod"] for change in self.changes))

    @property
    def last(self) -> dict[str, JSON]:
        """The newest state of each pod, by UID."""
        return {change["uid"]: change for change in self.changes}

    def states(self) -> Iterator[Mapping[str, JSON]]:
        """All states in turn, each as pod UID → its entry."""
        now: dict[str, JSON] = {}
        for change in self.changes:
            now = {**now, change["uid"]: change}
            yield now

    @property
    def most_running(self) -> int:
        """How many ran at the same moment at most."""
        return max((len(running(state)) for state in self.states()), default=0)

    @property
    def placed(self) -> list[str]:
        """Names of the pods that ever had a node, in the order in which they got it."""
        return list(dict.fromkeys(change["pod"] for change in self.changes if change.get("node")))


def running(state: Mapping[str, JSON]) -> list[str]:
    """UIDs of the pods that run in a state."""
    return [uid for uid, change in state.items() if change["phase"] == "Running"]
