# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RC-04: the webhooks are wired: trusted, served, and asked about the right kinds."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform.refusals import Author, read

from .operating import SUCCEEDS, TRYING, chosen, operator_of, own_webhooks, prepare, sees, service_of, serving, short, task_of
from .requirement import ROBUST_CONTROLLER

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


JSON = Any


class WebhooksWired(RecordedControl[Situation]):
    """Every webhook of the operator has a certificate authority, ready endpoints and rules for the kind, and the API server reaches it.

    An operator without any webhook fails: the specification asks for working ones. That the serving certificate belongs to the
    authority is shown by the API server itself, which calls the webhook for a dry run. The control is what was seen, without the
    certificate authority.
    """

    id = "RC-04"
    requirement = ROBUST_CONTROLLER.id
    needs = TRYING
    title = "the operator's webhooks are wired"
    asks = (
        "Does the operator have webhooks for its kind, with certificate authority and ready endpoints, and does the API server reach them?"
    )
    broken_looks_like = "There is no webhook, a caBundle is empty, no endpoint is ready, or the API server says: failed calling webhook."
    sources = ("KAR-0063", "specification: its webhooks are operational", "API reference ValidatingWebhookConfiguration")
    subject = AS_IT_IS
    control = Situation(cluster="as it is, with webhooks whose certificate authority is not known")
    control_reason = "authority-missing"

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Reads the webhooks and what is behind them, and has the API server call them."""
        operator = operator_of(bench)
        serving(bench, own_webhooks(bench, operator))
        task = task_of(bench, SUCCEEDS)
        prepare(bench, operator, task)
        bench.attempt("sound", operator.sound(task), dry_run=True)

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same without certificate authority."""
        facts = {fact.name: fact.data for fact in subject.facts}
        without = [
            {**item, "webhooks": [{**hook, "clientConfig": {**hook["clientConfig"], "caBundle": ""}} for hook in item["webhooks"]]}
            for item in facts.get("webhooks") or []
        ]
        return [(name, {**facts, "webhooks": without}.get(name)) for name in ("operator", "webhooks", "behind", "create.sound")]

    def evaluate(self, seen: Seen) -> Finding:
        """Follows the way from rule to pod."""
        operator, configurations, behind = chosen(seen), seen.last("webhooks"), seen.last("behind")
        if operator is None or configurations is None or behind is None:
            return inconclusive("webhooks-not-seen", "webhooks and their Services were not read to their end")
        hooks = [hook for item in configurations for hook in item["webhooks"] if sees(hook, operator.kind.group)]
        if not any(operator.kind.plural in (rule.get("resources") or []) for hook in hooks for rule in hook["rules"]):
            return failure("no-webhook", f"no webhook is asked about {operator.kind}, expected one: see how {operator.title} was installed")
        problem = next(self._problems(hooks, behind), None)
        if problem is not None:
            return problem
        called = read(seen.last("create.sound"))
        if called.author is Author.WEBHOOK_UNREACHABLE:
            return failure("webhook-unreachable", f"the API server cannot call {called.name}: {short(called.words)}")
        if called.author is not Author.ACCEPTED:
            return inconclusive("not-called", f"a sound resource was not accepted as a dry run ({called.author}): {short(called.words)}")
        return success("webhooks-wired", f"{listed(str(hook['name']) for hook in hooks)}: trusted, with ready endpoints, and called")

    @staticmethod
    def _problems(hooks: Iterable[JSON], behind: Iterable[JSON]) -> Iterator[Finding]:
        ready = {(part["namespace"], part["service"]) for part in behind if _has_ready(part["slices"])}
        for hook in hooks:
            if not _is_authority(hook["clientConfig"].get("caBundle")):
                yield failure("authority-missing", f"{hook['name']} has no certificate authority (caBundle), expected one in PEM form")
            service = service_of(hook)
            if service is None:
                yield inconclusive("webhook-elsewhere", f"{hook['name']} is served outside the cluster")
            elif (service["namespace"], service["name"]) not in ready:
                where = f"{service['namespace']}/{service['name']}"
                yield failure("no-endpoint", f"Service {where} of {hook['name']} has no ready endpoint, expected one: see its pods")


def _has_ready(slices: Iterable[JSON]) -> bool:
    endpoints = (endpoint for item in slices for endpoint in item.get("endpoints") or [])
    return any((endpoint.get("conditions") or {}).get("ready") is True and endpoint.get("addresses") for endpoint in endpoints)


def _is_authority(bundle: JSON) -> bool:
    try:
        return b"-----BEGIN CERTIFICATE-----" in base64.b64decode(str(bundle or ""), validate=True)
    except binascii.Error:
        return False
