# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RC-03: the operator's kinds are established and served."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import Needs
from ansible_collections.ailab.conformance.plugins.module_utils._platform.operators import (
    CLUSTER_TRAINING_RUNTIME,
    JOB_SET,
    TRAIN_JOB,
    TRAINING_RUNTIME,
)
from ansible_collections.ailab.conformance.plugins.module_utils._platform.refusals import Author, read

from .operating import READING, condition_of, operator_of
from .requirement import ROBUST_CONTROLLER

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


JSON = Any


class KindsEstablished(RecordedControl[Situation]):
    """Every CustomResourceDefinition of the operator's group is established, under its own names, and serves the version in use.

    Objects of each are listed in that version, so that a conversion that cannot be called is found out. The control is what was seen,
    with a definition that another one's names keep from being established.
    """

    id = "RC-03"
    requirement = ROBUST_CONTROLLER.id
    needs = READING + Needs(reads=(TRAIN_JOB, TRAINING_RUNTIME, CLUSTER_TRAINING_RUNTIME, JOB_SET))
    title = "the operator's kinds are registered"
    asks = "Is every CustomResourceDefinition of the operator established, with its names accepted, and can its objects be listed?"
    broken_looks_like = "A definition lacks the condition Established or NamesAccepted, or a list of its objects is answered with an error."
    sources = ("KAR-0063", "API reference CustomResourceDefinition")
    reads_only = True
    subject = AS_IT_IS
    control = Situation(cluster="as it is, with a definition that is not established")
    control_reason = "not-established"

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Reads the definitions, and lists the objects of each."""
        operator = operator_of(bench)
        items = bench.cluster.list(kinds.CUSTOM_RESOURCE.collection()).items
        found = [item for item in items if item["spec"]["group"] == operator.kind.group]
        bench.note("definitions", [{**item, "spec": _short(item["spec"])} for item in found])
        for item in found:
            names, group = item["spec"]["names"], item["spec"]["group"]
            version = next(entry["name"] for entry in item["spec"]["versions"] if entry["storage"])
            bench.ask(f"list.{names['plural']}", "get", f"/apis/{group}/{version}/{names['plural']}", query=[("limit", "1")])

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same with one that is not established."""
        definitions = subject.last("definitions") or []
        conditions = [{"type": "Established", "status": "False"}, {"type": "NamesAccepted", "status": "False"}]
        broken = [{**item, "status": {**item["status"], "conditions": conditions}} for item in definitions[:1]]
        yield "operator", subject.last("operator")
        yield "definitions", [*broken, *definitions[1:]]
        for name, fact in subject.named("list.").items():
            yield f"list.{name}", fact

    def evaluate(self, seen: Seen) -> Finding:
        """Looks at conditions and lists."""
        operator, definitions, lists = seen.last("operator"), seen.last("definitions"), seen.named("list.")
        if not operator or not definitions:
            return inconclusive("definitions-not-seen", "the operator's definitions were not read to their end")
        lacking = list(_lacking(definitions))
        if lacking:
            return failure("not-established", f"{listed(lacking)}: expected every definition to be established: see its conditions")
        unserved = [item["metadata"]["name"] for item in definitions if item["spec"]["names"]["plural"] not in lists]
        if unserved:
            return inconclusive("objects-not-listed", f"objects of {listed(unserved)} were not listed")
        forbidden = [name for name, fact in lists.items() if read(fact).author is Author.RBAC]
        if forbidden:
            return inconclusive("forbidden", f"the credentials may not list {listed(forbidden)}, so whether it is served is not known")
        refused = [f"{name}: HTTP {fact['status']}" for name, fact in lists.items() if read(fact).author is not Author.ACCEPTED]
        if refused:
            return failure("objects-not-served", f"{listed(refused)}, expected a list: see the definition's conversion webhook")
        return success("kinds-established", f"{listed(item['metadata']['name'] for item in definitions)} established and served")


def _lacking(definitions: Iterable[JSON]) -> Iterator[str]:
    for item in definitions:
        for kind in ("Established", "NamesAccepted"):
            if condition_of(item, kind).get("status") != "True":
                yield f"{item['metadata']['name']} lacks the condition {kind}"


def _short(spec: JSON) -> JSON:
    """The definition without its schemas, which are long."""
    versions = [{key: value for key, value in version.items() if key != "schema"} for version in spec["versions"]]
    return {**spec, "versions": versions}
