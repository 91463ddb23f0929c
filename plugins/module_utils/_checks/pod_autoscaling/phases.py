# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a scenario as it was recorded: what the pods were told, what the autoscaler said, what became of the pods. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import inconclusive
from ansible_collections.ailab.conformance.plugins.module_utils._platform.scaling import Reading
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding

JSON = Any

TARGET = 100
"""Average that the autoscaler is to keep per pod."""

IDLE, BELOW, ABOVE = 10, 95, 200
"""Values of one pod: far below the target, just below it, twice the target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A part of a scenario.

    Attributes:
        metric: name of the gauge.
        told: pod → value that it exposed, where that can be set.
        served: pod → value that the metrics API served at the end of the phase.
        scraped: pod → value that the pod itself gave, where it was asked.
        said: what the autoscaler said, oldest first.
        pods: changes of the pods, those at the beginning first.
        known: how many pods there were at the beginning.
    """

    metric: str
    told: Mapping[str, float]
    served: Mapping[str, float]
    scraped: Mapping[str, float]
    said: Sequence[JSON]
    pods: Timeline
    known: int

    @classmethod
    def read(cls, fact: JSON) -> Phase | None:
        """A phase as it was recorded; None for anything else."""
        if not isinstance(fact, Mapping) or not isinstance(fact.get("said"), list) or not fact.get("metric"):
            return None
        pods = Timeline.read(fact.get("pods"))
        values = {name: fact.get(name, {}) for name in ("told", "served", "scraped")}
        if not pods.looked or not pods.complete or not all(isinstance(found, Mapping) for found in values.values()):
            return None
        return cls(
            metric=fact["metric"],
            **values,
            said=fact["said"],
            pods=pods,
            known=int(fact.get("known") or 0),
        )

    @property
    def reading(self) -> Reading:
        """The last that the autoscaler said."""
        return Reading.of(self.said[-1] if self.said else None, self.metric)

    @property
    def shown(self) -> list[float]:
        """Every value that the autoscaler gave, in turn."""
        readings = (Reading.of(item, self.metric).value for item in self.said)
        return [value for value in readings if value is not None]

    @property
    def most_desired(self) -> int:
        """The most replicas that the autoscaler ever wanted."""
        return max((int(item.get("desired") or 0) for item in self.said), default=0)

    @property
    def counts(self) -> list[int]:
        """How many pods were ready, in every state in turn, from the state at the beginning on."""
        states = list(self.pods.states())[max(0, self.known - 1) :]
        return [sum(1 for pod in state.values() if pod.get("ready") and not pod.get("ending")) for state in states]

    @property
    def ready(self) -> int:
        """How many were ready in the end."""
        return (self.counts or [0])[-1]


def compared(seen: Seen) -> tuple[Phase, Phase] | Finding:
    """The two phases that the variant names, or why they cannot be compared."""
    moments = seen.last("moments") or {}
    found = [Phase.read(seen.last(f"phase.{moments.get(name)}")) for name in ("before", "after")]
    if found[0] is None or found[1] is None:
        names = ", ".join(str(moments.get(name)) for name in ("before", "after"))
        return inconclusive("phases-not-seen", f"the phases {names} were not both seen to their end: the scenario ended before")
    return found[0], found[1]
