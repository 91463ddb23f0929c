# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RC-13: what belongs to the operator can be told from everything else, so that it can be removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds

from .operating import READING, chosen, operator_of, own_webhooks
from .requirement import ROBUST_CONTROLLER

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


JSON = Any

_OWNER = ("app.kubernetes.io/managed-by", "app.kubernetes.io/instance", "app.kubernetes.io/name", "meta.helm.sh/release-name")
"""Labels and annotations by which installers mark what is theirs."""


class BelongingsTold(RecordedControl[Situation]):
    """Every webhook configuration of the operator carries the mark of its installer.

    What carries no mark stays behind when the operator is removed, and a webhook without its operator refuses everything. That an
    uninstallation really leaves the cluster as it was is the test of the role that installs it. The control is what was seen, and a
    webhook configuration that nobody owns up to.
    """

    id = "RC-13"
    requirement = ROBUST_CONTROLLER.id
    needs = READING
    title = "what belongs to the operator can be told"
    asks = "Do all webhook configurations of the operator carry a mark of what installed them?"
    broken_looks_like = "A webhook configuration carries no mark, would outlive its operator, and refuse every resource from then on."
    sources = ("Helm documentation: labels and annotations", "Kubernetes documentation: recommended labels")
    mandatory = False
    reads_only = True
    subject = AS_IT_IS
    control = Situation(cluster="as it is, with a webhook configuration that carries no mark")
    control_reason = "mark-missing"

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Reads the webhook configurations."""
        own_webhooks(bench, operator_of(bench))

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same with one more."""
        stray = {"kind": kinds.VALIDATING_WEBHOOK.name, "metadata": {"name": "synthetic-stray"}, "webhooks": []}
        return [("operator", subject.last("operator")), ("webhooks", [*(subject.last("webhooks") or []), stray])]

    def evaluate(self, seen: Seen) -> Finding:
        """Looks for marks."""
        operator, found = chosen(seen), seen.last("webhooks")
        if operator is None or not found:
            return inconclusive("webhooks-not-seen", "no webhook configuration of the operator was read: see RC-04")
        stray = [item["metadata"]["name"] for item in found if not _mark(item["metadata"])]
        if stray:
            return failure("mark-missing", f"{listed(stray)} carries no mark of what installed it, expected a label of {listed(_OWNER)}")
        marked = listed(f"{item['metadata']['name']} ({_mark(item['metadata'])})" for item in found)
        return success("belongings-told", f"marked by what installed them: {marked}")


def _mark(metadata: Mapping[str, JSON]) -> str:
    marks = {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}
    return next((f"{name}: {marks[name]}" for name in _OWNER if marks.get(name)), "")
