# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SM-04: the metrics of an AI inference server show its traffic."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Manifest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import asking_to_be_scraped
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import Probe, pod_spec

from .collected import look, stored, target, values
from .judging import FromStore
from .needs import SERVING
from .requirement import AI_SERVICE_METRICS
from .settings import ServiceMetricsSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """What the server is sent.

    Attributes:
        sent: whether prompts are sent at all.
    """

    sent: bool


class ServerTraffic(FromStore, Check[Prompts]):
    """An inference server's own metrics are stored, and its count of requests rises by as many as were sent.

    The control sends nothing, so the count must not rise.
    """

    id = "SM-04"
    requirement = AI_SERVICE_METRICS.id
    title = "metrics of an inference server show its traffic"
    asks = "Are request count, latency and queue of an inference server stored, and does the count rise by what was sent?"
    broken_looks_like = "Its metrics are not stored, or do not move with the traffic."
    sources = ("specification: key metrics from common AI frameworks and servers", "vLLM: production metrics")
    mandatory = False
    needs = SERVING
    subject = Prompts(sent=True)
    control = Prompts(sent=False)
    control_reason = "prompts-not-counted"

    def observe(self, bench: Bench, variant: Prompts, /) -> None:
        """Starts the server, sends the prompts, and queries until the count has risen."""
        own = bench.own(ServiceMetricsSettings)
        if not own.server_image:
            raise PreconditionError(
                name="inference-server",
                what="looking for an inference server to run",
                found="no option server_image",
                expected="the image of a server that speaks OpenAI's protocol",
                look="the options server_*",
            )
        if not self._start(bench, own):
            return
        at = f'instance="{target(bench.so_far, "server", port=own.server_port)}"'
        metrics = f'{{__name__=~"{"|".join(own.server_metrics)}",{at}}}'
        bench.note("metrics", list(own.server_metrics))
        bench.note("wanted", own.requests)
        look(bench, "before", metrics, lambda found: set(own.server_metrics) <= set(found or {}), seconds=own.collect_seconds)
        if variant.sent:
            self._send(bench, own)
        base = (values(bench.so_far.last("before")) or {}).get(own.server_metrics[0], 0.0)
        seconds = own.collect_seconds if variant.sent else own.quiet_seconds
        look(
            bench,
            "after",
            metrics,
            lambda found: (found or {}).get(own.server_metrics[0], base) - base >= own.requests,
            seconds=seconds,
        )

    @staticmethod
    def _start(bench: Bench, own: ServiceMetricsSettings) -> bool:
        probe = Probe(image=own.server_image, command=own.server_command)
        spec = pod_spec(probe, image="", tolerations=bench.settings.tolerations, affinity=bench.aside)
        container = spec["containers"][0]
        container["ports"] = [{"name": "http", "containerPort": own.server_port}]
        container["readinessProbe"] = {"httpGet": {"path": own.server_path, "port": "http"}, "periodSeconds": 1}
        if not own.server_command:
            del container["command"]
        annotations = asking_to_be_scraped(port=own.server_port, path=own.server_path)
        pod = bench.create("server-pod", Manifest(kind=kinds.POD, fields={"spec": spec}, annotations=annotations))
        bench.know("server", pod)
        bench.note("mark.server", pod["metadata"]["name"])
        return bench.running("server").progress.stage is Stage.RUNNING

    @staticmethod
    def _send(bench: Bench, own: ServiceMetricsSettings) -> None:
        path = f"{bench.path_of('server')}:{own.server_port}/proxy/v1/chat/completions"
        body = {"model": own.server_model, "messages": [{"role": "user", "content": "ping"}], "max_tokens": 4}
        for _ in range(own.requests):
            bench.ask("prompt", "create", path, body=body)

    def judge(self, seen: Seen, /) -> Finding:
        """Compares the counts before and after."""
        metrics, wanted = seen.last("metrics"), seen.last("wanted")
        if not isinstance(metrics, list) or not metrics or not isinstance(wanted, int):
            return inconclusive("server-not-seen", "the server's metrics were not asked for")
        before, after = stored(seen, "before"), stored(seen, "after")
        missing = [name for name in metrics[1:] if name not in after]
        if missing or not after:
            return failure(
                "metrics-not-stored", f"{', '.join(missing) or 'no metric'} of the server not stored, expected {', '.join(metrics)}"
            )
        prompts = [fact.data for fact in seen.facts if fact.name == "prompt"]
        refused = next((item for item in prompts if not _answered(item)), None)
        if refused is not None:
            return inconclusive(
                "prompt-refused", f"the server answered a prompt with {str(refused)[:120]}, expected a completion: see server_model"
            )
        risen = after.get(metrics[0], 0.0) - before.get(metrics[0], 0.0)
        if risen != wanted:
            return failure("prompts-not-counted", f"{metrics[0]} rose by {risen:g}, expected {wanted}")
        if len(prompts) != wanted:
            return inconclusive("prompts-not-sent", f"{len(prompts)} prompts were sent, expected {wanted}")
        return success("prompts-counted", f"{metrics[0]} rose by {wanted} with {wanted} prompts; {', '.join(metrics[1:])} are stored")


def _answered(prompt: JSON) -> bool:
    body = prompt.get("body") if isinstance(prompt, dict) and prompt.get("status") == HTTPStatus.OK else None
    return isinstance(body, dict) and bool(body.get("choices"))
