# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""INF-06: requests are routed by their headers."""

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

_EACH = 50
HEADERS = {"x-model-version": "v2", "x-gateway-model-name": "llama-v2", "openai-project": "proj-v2"}
"""Header → value that leads to the second backend: a version, a model as body-based routers name it, and a header of OpenAI's clients."""


if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What the route looks at.

    Attributes:
        headers: whether it has rules for headers.
    """

    headers: bool


class HeaderRouting(Check[Matches]):
    """Requests with the header go to the second backend, each of them; those with another value, or without it, to the first.

    The control is the route without its rules for headers.
    """

    id = "INF-06"
    requirement = AI_INFERENCE.id
    title = "requests are routed by header"
    asks = "Do all requests that carry a header with a value go to its backend, and all others to the default one?"
    broken_looks_like = "Headers make no difference, or a value that nobody named reaches the second backend."
    sources = ("specification: header-based routing (for OpenAI protocol headers)", "Gateway API: HTTPHeaderMatch")
    needs = ROUTING
    subject = Matches(headers=True)
    control = Matches(headers=False)
    control_reason = "header-ignored"

    def observe(self, bench: Bench, variant: Matches, /) -> None:
        """Makes the route and sends requests with and without the headers."""
        at, host = site.require(bench), host_of(bench)
        first, second = (Backend(service=name, port=PORT) for name in (site.FIRST, site.SECOND))
        rules = [Rule(backends=[second], headers={name: value}) for name, value in HEADERS.items()] if variant.headers else []
        attached(bench, "route", route(parent=site.GATEWAY_NAME, host=host, rules=[*rules, Rule(backends=[first])]))
        until_answered(bench, "first", at=at, host=host)
        for name, value in HEADERS.items():
            send(bench, f"with.{name}", at=at, host=host, requests=_EACH, headers={name: value})
            send(bench, f"other.{name}", at=at, host=host, requests=_EACH, headers={name: f"{value}-other"})
        send(bench, "without", at=at, host=host, requests=_EACH)

    def evaluate(self, seen: Seen) -> Finding:
        """Counts the answers by header."""
        wanted = [(f"with.{name}", site.SECOND) for name in HEADERS]
        others = [*((f"other.{name}", site.FIRST) for name in HEADERS), ("without", site.FIRST)]
        found = {fact: Answers.read(seen.last(fact)) for fact, _ in (*wanted, *others)}
        if any(answers is None or answers.total != _EACH for answers in found.values()):
            return inconclusive("requests-not-sent", "the client did not send its requests to the end")
        for facts, reason in ((wanted, "header-ignored"), (others, "header-overmatched")):
            for fact, backend in facts:
                answers = found[fact]
                if answers is not None and answers.of(backend) != _EACH:
                    return failure(reason, f"requests {fact.replace('.', ' ')}: {answers}; expected {_EACH} x 200 {backend}")
        return success("routed-by-header", f"{_EACH} of {_EACH} requests for each of {', '.join(HEADERS)}, and all others to {site.FIRST}")
