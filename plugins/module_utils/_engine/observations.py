# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one side of a check has seen: written while observing, read while judging."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import timestamp

from .codec import canonical
from .documents import Request
from .redact import redacted

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Clock

JSON = Any

VARIANT, PRECONDITION, ERROR = "variant", "precondition", "error"
"""Facts that the engine records: what is tried, what is missing, what broke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One observation, before it has a place in a file."""

    name: str
    at: str
    request: Request | None
    data: JSON


class Seen:
    """The facts of one side, in the order seen. Readers get what a file of them would give: plain JSON without secrets."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self.facts: list[Fact] = list(facts)

    @classmethod
    def of(cls, facts: Iterable[tuple[str, JSON]], *, at: str = "") -> Seen:
        """Facts that nobody asked a server for."""
        return cls(Fact(name=name, at=at, request=None, data=json.loads(canonical(data))) for name, data in facts)

    def last(self, name: str) -> JSON:
        """The newest fact of this name; None when there is none."""
        return next((fact.data for fact in reversed(self.facts) if fact.name == name), None)

    def named(self, prefix: str) -> Mapping[str, JSON]:
        """The newest facts whose names start so, by the rest of their names."""
        return {fact.name.removeprefix(prefix): fact.data for fact in self.facts if fact.name.startswith(prefix)}

    @property
    def variant(self) -> Mapping[str, JSON]:
        """What was tried."""
        return self.last(VARIANT) or {}


class Recorder:
    """Writes what one side sees.

    Args:
        clock: time of the observations.
    """

    def __init__(self, clock: Clock) -> None:
        self.seen = Seen()
        self._clock = clock

    def __call__(self, name: str, data: JSON, *, request: tuple[str, str, JSON] | None = None) -> None:
        """Takes a fact and the call (verb, path, body) that it answers. Secrets are gone when this returns."""
        call = Request(verb=request[0], path=request[1], body=_plain(request[2])) if request else None
        self.seen.facts.append(Fact(name=name, at=timestamp(self._clock.now()), request=call, data=_plain(data)))

    def all(self) -> Sequence[Fact]:
        """What has been taken so far."""
        return list(self.seen.facts)

    def adopt(self, facts: Sequence[Fact]) -> None:
        """Takes what another side has seen, as of the time at which it was seen."""
        self.seen.facts.extend(facts)


def _plain(value: JSON) -> JSON:
    return json.loads(canonical(redacted(value)))
