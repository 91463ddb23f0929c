# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""INF-09: a route uses a backend of another namespace only where that one grants it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import PORT

from . import site
from .needs import ACROSS
from .objects import HTTP_ROUTE, Backend, Rule, grant, parent_condition, route
from .requirement import AI_INFERENCE
from .traffic import Answers, attached, host_of, send, until_answered

_REQUESTS = 20


if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A backend in another namespace.

    Attributes:
        given: whether that namespace has a ReferenceGrant for the route.
    """

    given: bool


class CrossNamespace(Check[Grant]):
    """With a ReferenceGrant, requests reach a backend in another namespace; without, the reference is refused and nobody answers.

    The control has no grant: its refusal must be ``RefNotPermitted``, not a backend that is missing.
    """

    id = "INF-09"
    requirement = AI_INFERENCE.id
    title = "backends of other namespaces need a grant"
    asks = "Do requests reach a backend in another namespace where a ReferenceGrant allows it?"
    broken_looks_like = "The route resolves without a grant, so that anybody can put traffic on anybody's backends; or never."
    sources = ("Gateway API: ReferenceGrant, reason RefNotPermitted",)
    mandatory = False
    needs = ACROSS
    subject = Grant(given=True)
    control = Grant(given=False)
    control_reason = "reference-refused"

    def observe(self, bench: Bench, variant: Grant, /) -> None:
        """Makes a backend elsewhere, with or without a grant, and sends requests."""
        at, host, elsewhere = site.require(bench), host_of(bench), bench.space("elsewhere")
        pod = bench.create("pod", site.backend_pod("afar", bench=bench), space=elsewhere)
        made = bench.create("service", site.service("afar"), space=elsewhere)
        if variant.given:
            bench.create("grant", grant(to=made["metadata"]["name"], routes_of=bench.namespace), space=elsewhere)
        bench.until_ready([pod], space=elsewhere)
        rules = [Rule(backends=[Backend(service=made["metadata"]["name"], port=PORT, namespace=elsewhere)])]
        attached(bench, "route", route(parent=site.GATEWAY_NAME, host=host, rules=rules))
        until_answered(bench, "first", at=at, host=host, status=200 if variant.given else 500)
        send(bench, "answers", at=at, host=host, requests=_REQUESTS)
        # Controllers may write a route's status after its proxies have it.
        bench.read("resolved", HTTP_ROUTE, name=bench.name("route"))

    def evaluate(self, seen: Seen) -> Finding:
        """Looks at the route's condition and at the answers."""
        answers, found = Answers.read(seen.last("answers")), seen.last("resolved")
        if answers is None or answers.total != _REQUESTS or not isinstance(found, dict) or "metadata" not in found:
            return inconclusive("requests-not-sent", "the client did not send its requests to the end")
        resolved = parent_condition(found, "ResolvedRefs")
        if resolved.get("status") == "False" and not answers.good:
            reason = "reference-refused" if resolved.get("reason") == "RefNotPermitted" else "reference-unresolved"
            return failure(reason, f"ResolvedRefs is False, {resolved.get('reason')}: {resolved.get('message')}; {answers}")
        if resolved.get("status") != "True" or answers.of("afar") != _REQUESTS:
            return failure("not-reached", f"ResolvedRefs is {resolved.get('status')}, {answers}; expected {_REQUESTS} x 200 afar")
        return success("granted", f"{answers} from a backend in another namespace, by its ReferenceGrant")
