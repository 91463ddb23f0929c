# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""INF-08: the loss of a backend's pod is survived, the loss of all is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import PORT

from . import site
from .needs import ROUTING
from .objects import Backend, Rule, route
from .requirement import AI_INFERENCE
from .traffic import Answers, attached, host_of, send, until_answered

_REQUESTS = 100
_ENOUGH = 0.95
"""Part of the requests that must be answered while one of two pods goes."""


if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Pods:
    """A backend of two pods.

    Attributes:
        left: how many are left when requests are sent.
    """

    left: int


class Resilience(Check[Pods]):
    """With one of two pods gone, requests are answered by the other one.

    The control deletes both: the gateway must say 503, and not wait or answer by itself.
    """

    id = "INF-08"
    requirement = AI_INFERENCE.id
    title = "the loss of a backend's pod is survived"
    asks = "When one of a backend's two pods is deleted, are requests still answered, by the other one?"
    broken_looks_like = "Requests go on to the pod that is gone and fail."
    sources = ("specification: advanced traffic management for inference services", "Gateway API: 503 without endpoints")
    mandatory = False
    needs = ROUTING
    subject = Pods(left=1)
    control = Pods(left=0)
    control_reason = "nobody-answers"

    def observe(self, bench: Bench, variant: Pods, /) -> None:
        """Makes a backend of two pods, deletes one or both, and sends requests."""
        at, host, name = site.require(bench), host_of(bench), bench.name("pair")
        pods = [
            bench.create(f"pod-{number}", site.backend_pod("pair", bench=bench, labels={"ai-conformance/pair": name})) for number in (1, 2)
        ]
        made = bench.create("service", site.service(name, selects={"ai-conformance/pair": name}))
        bench.until_ready(pods)
        rules = [Rule(backends=[Backend(service=made["metadata"]["name"], port=PORT)])]
        attached(bench, "route", route(parent=site.GATEWAY_NAME, host=host, rules=rules))
        until_answered(bench, "before", at=at, host=host)
        bench.delete("pods", pods[variant.left :])
        bench.listing("left", kinds.POD, space=bench.namespace, labels=f"ai-conformance/pair={name}")
        if variant.left:
            send(bench, "answers", at=at, host=host, requests=_REQUESTS)
        else:
            until_answered(bench, "silent", at=at, host=host, status=503)
            send(bench, "answers", at=at, host=host, requests=_REQUESTS)

    def evaluate(self, seen: Seen) -> Finding:
        """Counts the answers."""
        before, left, answers = Answers.read(seen.last("before")), seen.last("left"), Answers.read(seen.last("answers"))
        if before is None or not isinstance(left, list) or answers is None or answers.total != _REQUESTS:
            return inconclusive(
                "requests-not-sent", "the client did not send its requests to the end, or nobody looked which pods were left"
            )
        if before.of("pair") != 1:
            return inconclusive("not-routed-before", f"{before} before a pod was deleted, expected 200: see INF-03")
        if not answers.good:
            return failure("nobody-answers", f"{answers}; expected the pod that is left to answer")
        if len(left) != 1:
            return inconclusive("nothing-lost", f"{answers}, with {len(left)} of two pods left, expected 1")
        if answers.of("pair") < _ENOUGH * _REQUESTS:
            return failure("requests-lost", f"{answers}; expected at least {_ENOUGH:.0%} to be answered by the pod that is left")
        return success("survived", f"{answers} with one of two pods gone")
