# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A probe pod with everything that explains it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .devices import Allocation, allocations
from .pods import Progress, progress

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A pod at one moment.

    Attributes:
        pod: the Pod; None when it does not exist.
        events: about it, oldest first.
        claims: its ResourceClaims, as far as they exist, in the order of its spec.
    """

    pod: JSON | None
    events: Sequence[JSON]
    claims: Sequence[JSON]

    @classmethod
    def read(cls, fact: JSON) -> Workload:
        """A workload as ``as_fact`` wrote it; an absent one for None."""
        values = fact or {}
        return cls(pod=values.get("pod"), events=values.get("events") or [], claims=values.get("claims") or [])

    def as_fact(self) -> JSON:
        """Plain JSON."""
        return {"pod": self.pod, "events": list(self.events), "claims": list(self.claims)}

    @property
    def progress(self) -> Progress:
        """How far the pod has come, and in whose words."""
        return progress(self.pod, self.events)

    @property
    def allocations(self) -> list[Allocation]:
        """What its claims have been given."""
        return [allocation for claim in self.claims for allocation in allocations(claim)]
