# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""INF-05: a change of weights takes effect without an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import PORT

from . import site
from .needs import ROUTING
from .objects import HTTP_ROUTE, Backend, Rule, route
from .requirement import AI_INFERENCE
from .settings import InferenceSettings
from .traffic import Answers, attached, host_of, send, until_answered

_STEP = 20
_STEADY = 100


if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of a route with weights 80 and 20.

    Attributes:
        moved: whether all weight is given to the second backend.
    """

    moved: bool


class DynamicReweight(Check[Change]):
    """When all weight moves to the second backend, all requests do within the time allowed, and none fails meanwhile.

    The control leaves the weights.
    """

    id = "INF-05"
    requirement = AI_INFERENCE.id
    title = "a change of weights takes effect"
    asks = "After all weight was moved to the second backend, do all requests go there, with no error on the way?"
    broken_looks_like = "Some requests still reach the first backend, or fail while the proxies change."
    sources = ("specification: weighted traffic splitting", "Gateway API: HTTPBackendRef.weight 0")
    needs = ROUTING
    subject = Change(moved=True)
    control = Change(moved=False)
    control_reason = "weights-without-effect"

    def observe(self, bench: Bench, variant: Change, /) -> None:
        """Sends requests before, during and after the change."""
        at, host = site.require(bench), host_of(bench)
        made = attached(bench, "route", route(parent=site.GATEWAY_NAME, host=host, rules=[_rule(80, 20)]))
        until_answered(bench, "first", at=at, host=host)
        if variant.moved:
            bench.patch("route", made, HTTP_ROUTE, {"spec": {"rules": [_rule(0, 100).as_json()]}})

        def moved() -> bool | None:
            send(bench, "during", at=at, host=host, requests=_STEP)
            answers = Answers.read(bench.so_far.last("during"))
            return True if answers is not None and answers.of(site.SECOND) == _STEP else None

        own = bench.own(InferenceSettings)
        bench.polled(moved, every=0.2, seconds=own.route_seconds if variant.moved else bench.settings.settle_seconds)
        send(bench, "answers", at=at, host=host, requests=_STEADY)

    def evaluate(self, seen: Seen) -> Finding:
        """Counts the answers."""
        answers = Answers.read(seen.last("answers"))
        during = [Answers.read(fact.data) for fact in seen.facts if fact.name == "during"]
        if answers is None or answers.total != _STEADY or not during or None in during:
            return inconclusive("requests-not-sent", "the client did not send its requests to the end")
        if answers.of(site.SECOND) != _STEADY:
            return failure("weights-without-effect", f"{answers} after the change; expected {_STEADY} x 200 {site.SECOND}")
        lost = sum(_STEP - item.of(site.FIRST) - item.of(site.SECOND) for item in during if item is not None)
        if lost:
            return failure("errors-on-the-way", f"{lost} requests failed while the weights changed, expected none")
        return success("weights-changed", f"{answers} after the change, and no error during {len(during) * _STEP} requests on the way")


def _rule(first: int, second: int) -> Rule:
    return Rule(backends=[Backend(service=site.FIRST, port=PORT, weight=first), Backend(service=site.SECOND, port=PORT, weight=second)])
