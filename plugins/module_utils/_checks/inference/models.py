# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""INF-07: requests of the OpenAI protocol go to the server of their model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Manifest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import Probe, pod_spec

from . import site
from .needs import MODELS
from .objects import GATEWAY, Backend, Rule, address, route
from .prompts import Reply, ask
from .requirement import AI_INFERENCE
from .settings import InferenceSettings
from .traffic import attached, host_of

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

MODELS_ASKED = ("conformance-alpha", "conformance-beta")
UNKNOWN = "conformance-unknown"
_TIMES = 10
_LABEL = "ai-conformance/model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """Routes for two models.

    Attributes:
        crossed: whether each leads to the server of the other model.
    """

    crossed: bool


class ModelRouting(Check[Routes]):
    """The model in a request's body decides which server gets it; a model that nobody serves is refused; streams are not held back.

    The gateway is the platform's own, because looking into bodies is a matter of its configuration. The control crosses the routes:
    servers refuse each other's models.
    """

    id = "INF-07"
    requirement = AI_INFERENCE.id
    title = "requests are routed by the model in their body"
    asks = "Do requests for two models each reach the server of their model, is an unknown model refused, and do streams flow?"
    broken_looks_like = "A request reaches the other model's server, an unknown model any, or a stream comes at once at its end."
    sources = ("specification: OpenAI protocol", "OpenAI API: chat completions, stream", "GAIE: body-based routing")
    mandatory = False
    needs = MODELS
    subject = Routes(crossed=False)
    control = Routes(crossed=True)
    control_reason = "model-misrouted"

    def observe(self, bench: Bench, variant: Routes, /) -> None:
        """Makes servers and routes, and sends prompts."""
        own = bench.own(InferenceSettings)
        at, (namespace, name) = _gateway(bench, own)
        # The site's client sends the prompts; its gateway is not used.
        site.stand(bench)
        names = {model: bench.create(f"{model}-service", _service(model, bench, own))["metadata"]["name"] for model in MODELS_ASKED}
        bench.until_ready([bench.create(f"{model}-pod", _server(model, bench, own)) for model in MODELS_ASKED])
        host, served = host_of(bench), dict(zip(MODELS_ASKED, MODELS_ASKED[:: -1 if variant.crossed else 1], strict=True))
        rules = [
            Rule(backends=[Backend(service=names[served[model]], port=own.model_port)], headers={own.model_header: model})
            for model in MODELS_ASKED
        ]
        # Gateways that look into bodies only once a route has matched need one for all requests; its server refuses models that it lacks.
        rules.append(Rule(backends=[Backend(service=names[MODELS_ASKED[0]], port=own.model_port)]))
        attached(bench, "route", route(parent=name, namespace=namespace, host=host, rules=rules))

        def routed() -> bool | None:
            ask(bench, "first", at=at, host=host, model=MODELS_ASKED[0])
            return Reply.read(bench.so_far.last("first")).status in ({200} if not variant.crossed else {404}) or None

        bench.polled(routed, every=0.5, seconds=own.route_seconds)
        for model in MODELS_ASKED:
            for _ in range(_TIMES):
                ask(bench, f"prompt.{model}", at=at, host=host, model=model)
        ask(bench, "unknown", at=at, host=host, model=UNKNOWN)
        ask(bench, "stream", at=at, host=host, model=MODELS_ASKED[0], stream=True)

    def evaluate(self, seen: Seen) -> Finding:
        """Looks at who answered."""
        replies = {model: [Reply.read(fact.data) for fact in seen.facts if fact.name == f"prompt.{model}"] for model in MODELS_ASKED}
        if any(len(found) != _TIMES or any(not reply.status for reply in found) for found in replies.values()):
            return inconclusive("prompts-not-sent", f"not all {_TIMES} prompts for each model were sent and answered")
        unknown, stream = Reply.read(seen.last("unknown")), Reply.read(seen.last("stream"))
        if not unknown.status or not stream.status:
            return inconclusive("prompts-not-sent", "an unknown model and a stream were not asked for")
        flow = f"a stream began after {stream.first:.3f} of {stream.total:.3f} s"
        routed = f"{_TIMES} of {_TIMES} prompts for each model at its server, {UNKNOWN} answered {unknown.status}, {flow}"
        return next(self._problems(replies, unknown, stream), None) or success("routed-by-model", routed)

    @staticmethod
    def _problems(replies: Mapping[str, list[Reply]], unknown: Reply, stream: Reply) -> Iterator[Finding]:
        for model, found in replies.items():
            right = sum(reply.status == HTTPStatus.OK and reply.model == model for reply in found)
            if right != _TIMES:
                others = ", ".join(sorted({f"{reply.status} {reply.model}".strip() for reply in found}))
                yield failure("model-misrouted", f"{right} of {_TIMES} prompts for {model} answered by it ({others}), expected all")
        if not HTTPStatus.BAD_REQUEST <= unknown.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            yield failure("unknown-model-answered", f"model {UNKNOWN} was answered {unknown.status} {unknown.model}, expected 4xx")
        if stream.status != HTTPStatus.OK or stream.events < 2:
            yield failure("stream-broken", f"a stream had status {stream.status} and {stream.events} events, expected 200 and several")
        if not stream.first < stream.total / 2:
            came = f"the first byte of a stream came after {stream.first:.3f} of {stream.total:.3f} s"
            yield failure("stream-held-back", f"{came}, expected before half of it")


def _gateway(bench: Bench, own: InferenceSettings) -> tuple[str, tuple[str, str]]:
    if not own.model_gateway or not own.model_image:
        raise PreconditionError(
            name="model-gateway",
            what="looking for a gateway that routes by the model in a request's body, and servers for two models",
            found=f"model_gateway {own.model_gateway!r}, model_image {own.model_image!r}",
            expected="both options",
            look="the options model_*",
        )
    namespace, name = own.model_gateway.split("/")
    found = bench.read("model-gateway", GATEWAY, name=name, space=namespace)
    at = address(found or {})
    if not at:
        raise PreconditionError(
            name="model-gateway",
            what=f"looking for the address of Gateway {own.model_gateway}",
            found="none",
            expected="a programmed gateway",
            look="kubectl get gateways --all-namespaces",
        )
    return at, (namespace, name)


def _labels(model: str, bench: Bench) -> Mapping[str, str]:
    return {_LABEL: f"{bench.name(model)}"}


def _server(model: str, bench: Bench, own: InferenceSettings) -> Manifest:
    command = tuple(part.replace("{model}", model) for part in own.model_command)
    probe = Probe(image=own.model_image, command=command)
    spec = pod_spec(probe, image="", tolerations=bench.settings.tolerations, affinity=bench.aside)
    container = spec["containers"][0]
    container["ports"] = [{"name": "http", "containerPort": own.model_port}]
    container["readinessProbe"] = {"tcpSocket": {"port": own.model_port}, "periodSeconds": 1}
    if not command:
        del container["command"]
    return Manifest(kind=kinds.POD, fields={"spec": spec}, labels=_labels(model, bench))


def _service(model: str, bench: Bench, own: InferenceSettings) -> Manifest:
    spec = {"selector": dict(_labels(model, bench)), "ports": [{"name": "http", "port": own.model_port, "targetPort": own.model_port}]}
    return Manifest(kind=kinds.SERVICE, fields={"spec": spec})
