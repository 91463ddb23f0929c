# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RC-05: the webhook refuses what makes no sense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.refusals import Author, Refusal, read

from .operating import SUCCEEDS, TRYING, operator_of, own_webhooks, prepare, short, task_of
from .requirement import ROBUST_CONTROLLER

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What is wrong with the resource.

    Attributes:
        in_schema: whether it is its form; otherwise it passes the schema and makes no sense.
    """

    in_schema: bool


class UnsoundRefused(Check[Wrong]):
    """A resource that passes the schema and cannot work is refused by a webhook of the operator, and its sound twin is accepted.

    A refusal by the schema needs no webhook at all, and one for want of rights says nothing about the object; a webhook that cannot be
    called has refused nothing. So the author of the refusal is told from the answer. The control breaks the schema, which must be
    recognised. Nothing is stored.
    """

    id = "RC-05"
    requirement = ROBUST_CONTROLLER.id
    needs = TRYING
    title = "the webhook refuses an invalid resource"
    asks = "Is a resource that passes the schema and makes no sense refused by an admission webhook, while its sound twin is accepted?"
    broken_looks_like = "The resource is accepted, or refused by the schema only, or the API server says: failed calling webhook."
    sources = ("KAR-0063: invalid CR rejected by the admission webhook", "kubeflow/trainer, sigs.k8s.io/jobset: webhooks")
    subject = Wrong(in_schema=False)
    control = Wrong(in_schema=True)
    control_reason = "refused-by-schema"

    def observe(self, bench: Bench, variant: Wrong, /) -> None:
        """Sends a wrong resource and a sound one as dry runs."""
        operator = operator_of(bench)
        task = task_of(bench, SUCCEEDS)
        prepare(bench, operator, task)
        own_webhooks(bench, operator)
        bench.attempt("sound", operator.sound(task), dry_run=True)
        bench.attempt("wrong", operator.malformed(task) if variant.in_schema else operator.unsound(task), dry_run=True)

    def evaluate(self, seen: Seen) -> Finding:
        """Tells who refused."""
        wrong, sound = read(seen.last("create.wrong")), read(seen.last("create.sound"))
        if wrong.author is not Author.WEBHOOK:
            return self._by_another(wrong, sound)
        own = [str(hook["name"]) for item in seen.last("webhooks") or [] for hook in item["webhooks"]]
        if wrong.name not in own:
            return inconclusive("refused-by-another", f"{wrong.name} refused it, expected one of {listed(own)}: {short(wrong.words)}")
        if sound.author is not Author.ACCEPTED:
            return inconclusive("twin-refused", f"the sound twin was refused, too ({sound.author}): {short(sound.words)}")
        return success("refused-by-webhook", f"{wrong.name} refused it and let its sound twin pass: {short(wrong.words)}")

    @staticmethod
    def _by_another(wrong: Refusal, sound: Refusal) -> Finding:
        if wrong.author is Author.ACCEPTED:
            return failure("unsound-accepted", "a resource that makes no sense was accepted, expected a refusal by a webhook")
        if Author.WEBHOOK_UNREACHABLE in {wrong.author, sound.author}:
            return failure("webhook-unreachable", f"the API server cannot call the webhook: {short(wrong.words)}")
        if wrong.author is Author.SCHEMA:
            return failure("refused-by-schema", f"the schema refused it, which shows no webhook at work: {short(wrong.words)}")
        return inconclusive("refused-by-another", f"it was refused, but not by a webhook ({wrong.author}): {short(wrong.words)}")
