# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RC-07: the operator brings a resource to its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.operators import owned

from .operating import (
    FAILS,
    READING,
    RESOURCE,
    RUNNING,
    SUCCEEDS,
    by_name,
    chosen,
    condition_of,
    is_over,
    operator_of,
    prepare,
    short,
    task_of,
)
from .requirement import ROBUST_CONTROLLER
from .settings import ControllerSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.operators import Operator

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Whether what the resource runs ends well."""

    ends_well: bool


class ResourceReconciled(Check[Work]):
    """A sound resource gets children that it owns, they run, and it ends in its condition of success.

    The control runs something that fails, which must show: an operator, or a check, that calls everything a success is found out.
    """

    id = "RC-07"
    requirement = ROBUST_CONTROLLER.id
    needs = READING + RUNNING
    title = "a custom resource is reconciled to its end"
    asks = "Does a sound resource get children of its own, run, and end in the condition of success?"
    broken_looks_like = "No child appears, the resource stays without a terminal condition, or it claims success although its work failed."
    sources = ("KAR-0063: valid CR reconciled", "specification: its custom resources can be reconciled")
    subject = Work(ends_well=True)
    control = Work(ends_well=False)
    control_reason = "resource-failed"

    def observe(self, bench: Bench, variant: Work, /) -> None:
        """Makes a resource and waits for its end."""
        operator = operator_of(bench)
        task = task_of(bench, SUCCEEDS if variant.ends_well else FAILS)
        prepare(bench, operator, task)
        name = bench.create(RESOURCE, operator.sound(task))["metadata"]["name"]

        def over(view: View) -> bool:
            found = by_name(view, operator.kind, name)
            return found is not None and is_over(found, operator)

        def ours(item: dict[str, dict[str, str]]) -> bool:
            return item["metadata"]["name"].startswith(name)

        seconds = bench.own(ControllerSettings).reconcile_seconds
        bench.watched("end", over, of=(operator.kind, operator.child, kinds.JOB, kinds.POD), seconds=seconds, keep=ours)

    def evaluate(self, seen: Seen) -> Finding:
        """Reads the end, and who came of it."""
        operator, made, waited = chosen(seen), seen.last(f"create.{RESOURCE}"), seen.last("end")
        if operator is None or not made or not waited:
            return inconclusive("not-tried", "no resource was made and followed to its end")
        uid = made["body"]["metadata"]["uid"]
        found = next((item for item in waited["objects"][operator.kind.name] if item["metadata"]["uid"] == uid), None)
        if found is None:
            return failure("resource-gone", f"the {operator.kind.name} is gone before its end, expected it to stay")
        return self._ended(operator, found, waited, children=owned(waited["objects"][operator.child.name], uid=uid))

    @staticmethod
    def _ended(operator: Operator, found: JSON, waited: JSON, *, children: list[JSON]) -> Finding:
        failed = condition_of(found, operator.failed)
        if failed.get("status") == "True":
            return failure("resource-failed", f"the {operator.kind.name} ended as {operator.failed}: {short(str(failed.get('message')))}")
        if condition_of(found, operator.succeeded).get("status") != "True":
            has = f"{len(children)} {operator.child.name} and no terminal condition after {waited['waited']} s"
            return failure("not-reconciled", f"the {operator.kind.name} has {has}, expected {operator.succeeded}: see {operator.title}")
        if not children:
            return failure("no-children", f"the {operator.kind.name} says {operator.succeeded}, but nothing was made for it")
        if not any(pod["status"].get("phase") == "Succeeded" for pod in waited["objects"][kinds.POD.name]):
            return failure("nothing-ran", f"the {operator.kind.name} says {operator.succeeded}, but none of its pods ended well")
        names = listed(f"{item['kind']} {item['metadata']['name']}" for item in children)
        return success("reconciled", f"{operator.succeeded} after {waited['waited']} s, through {names}, which it owns")
