# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""INF-03: a request to the gateway's address reaches the backend of its route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import PORT

from . import site
from .needs import ROUTING
from .objects import Backend, Rule, route
from .requirement import AI_INFERENCE
from .traffic import Answers, attached, host_of, send, until_answered

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for.

    Attributes:
        routed: whether a route has the host that is asked for.
    """

    routed: bool


class Baseline(Check[Asked]):
    """Requests through the gateway are answered by the backend that the route names.

    The control asks for a host that no route has, which nobody may answer.
    """

    id = "INF-03"
    requirement = AI_INFERENCE.id
    title = "requests reach their backend through the gateway"
    asks = "Do requests to the gateway's address, for a route's host, come back with 200 and the backend's own answer?"
    broken_looks_like = "The address is silent, the proxy answers 404 or 503, or somebody else answers."
    sources = ("specification: advanced traffic management for inference services", "Gateway API: HTTPRoute")
    needs = ROUTING
    subject = Asked(routed=True)
    control = Asked(routed=False)
    control_reason = "not-routed"

    def observe(self, bench: Bench, variant: Asked, /) -> None:
        """Makes the route and sends requests."""
        at, host = site.require(bench), host_of(bench)
        if variant.routed:
            attached(
                bench, "route", route(parent=site.GATEWAY_NAME, host=host, rules=[Rule(backends=[Backend(service=site.FIRST, port=PORT)])])
            )
            until_answered(bench, "first", at=at, host=host)
        send(bench, "answers", at=at, host=host, requests=20)

    def evaluate(self, seen: Seen) -> Finding:
        """Counts the answers."""
        answers = Answers.read(seen.last("answers"))
        if answers is None or answers.total != 20:
            return inconclusive("requests-not-sent", "the client did not send its 20 requests to the end")
        if answers.status(404) == answers.total:
            return failure("not-routed", f"{answers}; expected 20 x 200 {site.FIRST}")
        if answers.of(site.FIRST) != answers.total:
            return failure("wrong-answer", f"{answers}; expected 20 x 200 {site.FIRST}")
        return success("routed", f"{answers}, through the gateway at {site.programmed_at(seen)}")
