# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""INF-04: traffic is split by weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import PORT

from . import site
from .binomial import p_value
from .needs import ROUTING
from .objects import Backend, Rule, route
from .requirement import AI_INFERENCE
from .settings import LEAST_REQUESTS, InferenceSettings
from .traffic import Answers, attached, host_of, send, until_answered

_LEVEL = 0.001
_SHARE = 0.2
"""Expected share of the second backend."""


if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Weights of the two backends.

    Attributes:
        first: of the first.
        second: of the second.
    """

    first: int
    second: int


class WeightedSplit(Check[Weights]):
    """Of many requests, so many go to the second backend as chance makes of a weight of 20 in 100.

    An exact binomial test decides, at a level of 0.001: one sound platform in a thousand is suspected. Ten requests would let 70/30 and
    90/10 pass as 80/20. The control swaps the weights, and the same test must reject it: that shows its power.
    """

    id = "INF-04"
    requirement = AI_INFERENCE.id
    title = "traffic is split by weight"
    asks = "Is the number of requests at each of two backends what weights of 80 and 20 make of it, and is every one answered?"
    broken_looks_like = "All requests go to one backend, are split evenly, or some are lost."
    sources = ("specification: weighted traffic splitting", "Gateway API: HTTPBackendRef.weight")
    needs = ROUTING
    subject = Weights(first=80, second=20)
    control = Weights(first=20, second=80)
    control_reason = "split-off"

    def observe(self, bench: Bench, variant: Weights, /) -> None:
        """Makes the route and sends the requests."""
        at, host = site.require(bench), host_of(bench)
        backends = [
            Backend(service=site.FIRST, port=PORT, weight=variant.first),
            Backend(service=site.SECOND, port=PORT, weight=variant.second),
        ]
        attached(bench, "route", route(parent=site.GATEWAY_NAME, host=host, rules=[Rule(backends=backends)]))
        until_answered(bench, "first", at=at, host=host)
        send(bench, "answers", at=at, host=host, requests=bench.own(InferenceSettings).requests)

    def evaluate(self, seen: Seen) -> Finding:
        """Tests the distribution."""
        answers = Answers.read(seen.last("answers"))
        if answers is None or answers.total < LEAST_REQUESTS:
            return inconclusive("requests-not-sent", f"fewer than {LEAST_REQUESTS} requests were sent to the end, which do not decide")
        first, second = answers.of(site.FIRST), answers.of(site.SECOND)
        if first + second != answers.total:
            return failure("requests-lost", f"{answers}; expected 200 from {site.FIRST} or {site.SECOND} for each")
        chance = p_value(second, answers.total, _SHARE)
        numbers = f"{first} : {second} of {answers.total}, p = {chance:.3g} for 80 : 20"
        if not first or not second or chance < _LEVEL:
            return failure("split-off", f"{numbers}, expected at least {_LEVEL:g} and both backends")
        return success("split-by-weight", numbers)
