# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A route to a backend of another namespace, with or without that one's grant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import PORT

from . import site
from .objects import HTTP_ROUTE, Backend, Rule, grant, parent_condition, route
from .traffic import Answers, attached, host_of, send, until_answered

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

REFUSED = "backend-refused"
"""Reason: the reference is not permitted, and the route leads nowhere."""

_REQUESTS = 20


def observe(bench: Bench, *, given: bool) -> None:
    """Makes a backend elsewhere, with or without a grant, and sends requests.

    Args:
        bench: the way to the cluster.
        given: whether the other namespace grants it.

    Raises:
        ConformanceError: the cluster refuses.
    """
    at, host, elsewhere = site.require(bench), host_of(bench), bench.space("elsewhere")
    pod = bench.create("pod", site.backend_pod("afar", bench=bench), space=elsewhere)
    made = bench.create("service", site.service("afar"), space=elsewhere)
    name = made["metadata"]["name"]
    if given:
        bench.create("grant", grant(by=HTTP_ROUTE, of=bench.namespace, to=kinds.SERVICE, name=name), space=elsewhere)
    bench.until_ready([pod], space=elsewhere)
    rules = [Rule(backends=[Backend(service=name, port=PORT, namespace=elsewhere)])]
    attached(bench, "route", route(parent=site.GATEWAY_NAME, host=host, rules=rules))
    until_answered(bench, "first", at=at, host=host, status=200 if given else 500)
    send(bench, "answers", at=at, host=host, requests=_REQUESTS)
    # Controllers may write a route's status after its proxies have it.
    bench.read("resolved", HTTP_ROUTE, name=bench.name("route"))


def evaluate(seen: Seen) -> Finding:
    """Looks at the route's condition and at the answers."""
    answers, found = Answers.read(seen.last("answers")), seen.last("resolved")
    if answers is None or answers.total != _REQUESTS or not isinstance(found, dict) or "metadata" not in found:
        return inconclusive("requests-not-sent", "the client did not send its requests to the end")
    resolved = parent_condition(found, "ResolvedRefs")
    if resolved.get("status") == "False" and not answers.good:
        reason = REFUSED if resolved.get("reason") == "RefNotPermitted" else "reference-unresolved"
        return failure(reason, f"ResolvedRefs is False, {resolved.get('reason')}: {resolved.get('message')}; {answers}")
    if resolved.get("status") != "True" or answers.of("afar") != _REQUESTS:
        return failure("not-reached", f"ResolvedRefs is {resolved.get('status')}, {answers}; expected {_REQUESTS} x 200 afar")
    return success("granted", f"{answers}")
