# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RC-09: a change of a resource takes effect, and no change changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.operators import owned

from .operating import LASTS, READING, RESOURCE, RUNNING, chosen, operator_of, prepare, task_of
from .requirement import ROBUST_CONTROLLER
from .settings import ControllerSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """What is said about a suspended resource.

    Attributes:
        resumes: whether it is to go on; otherwise it is told again to wait.
    """

    resumes: bool


class ChangeTakesEffect(Check[Patch]):
    """A suspended resource that is told to go on passes this on to its child, which stays the same object.

    The control repeats what the resource says already: its child keeps waiting, so that going on is the effect of the change.
    """

    id = "RC-09"
    requirement = ROBUST_CONTROLLER.id
    needs = READING + RUNNING
    title = "a change of the resource takes effect"
    asks = "Does the operator pass a change of the resource's spec on to what it has made for it?"
    broken_looks_like = "The child stays as it was made: the operator acts on creation only."
    sources = ("Kubernetes documentation: controllers", "specification: its custom resources can be reconciled")
    subject = Patch(resumes=True)
    control = Patch(resumes=False)
    control_reason = "no-effect"

    def observe(self, bench: Bench, variant: Patch, /) -> None:
        """Makes a suspended resource and changes it, or not."""
        operator = operator_of(bench)
        task = task_of(bench, LASTS, suspended=True)
        prepare(bench, operator, task)
        made = bench.create(RESOURCE, operator.sound(task))
        seconds, uid = bench.own(ControllerSettings).reconcile_seconds, made["metadata"]["uid"]

        def waiting(view: View) -> bool:
            return any(item["spec"].get("suspend") is True for item in owned(view.all(operator.child.name), uid=uid))

        def going(view: View) -> bool:
            return any(item["spec"].get("suspend") is not True for item in owned(view.all(operator.child.name), uid=uid))

        def ours(item: dict[str, dict[str, str]]) -> bool:
            return item["metadata"]["name"].startswith(made["metadata"]["name"])

        if bench.watched("before", waiting, of=(operator.child,), seconds=seconds, keep=ours):
            bench.patch(RESOURCE, made, operator.kind, {"spec": {"suspend": not variant.resumes}})
            window = seconds if variant.resumes else bench.settings.settle_seconds
            bench.watched("after", going, of=(operator.child,), seconds=window, keep=ours)

    def evaluate(self, seen: Seen) -> Finding:
        """Compares the child before and after."""
        operator, made, before, after = chosen(seen), seen.last(f"create.{RESOURCE}"), seen.last("before"), seen.last("after")
        patched = seen.last(f"patch.{RESOURCE}")
        if operator is None or not made or not before or not after or not patched or patched["status"] != 200:
            return inconclusive("not-tried", "no suspended child was seen before a change of its resource")
        uid = made["body"]["metadata"]["uid"]
        first, later = (owned(fact["objects"][operator.child.name], uid=uid) for fact in (before, after))
        if not first or not later:
            return inconclusive("no-child", f"no {operator.child.name} was there before and after the change: see RC-07")
        name = f"{operator.child.name} {later[0]['metadata']['name']}"
        if later[0]["spec"].get("suspend") is True:
            return failure("no-effect", f"{name} still waits {after['waited']} s later, expected it to go on: see {operator.title}'s log")
        if later[0]["metadata"]["uid"] != first[0]["metadata"]["uid"]:
            return failure("replaced", f"{name} is another object than before the change, expected the same one")
        return success("takes-effect", f"{name} goes on {after['waited']} s after its resource was told to, as the same object")
