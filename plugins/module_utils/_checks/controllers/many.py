# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RC-12: many resources at one time are all looked after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.operators import owned

from .operating import LASTS, READING, RUNNING, chosen, operator_of, prepare, task_of
from .requirement import ROBUST_CONTROLLER
from .settings import ControllerSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """Whether the operator is the one that the resources are left to."""

    is_the_operator: bool


class ManyReconciled(Check[Manager]):
    """So many resources, made at one time, all get their children, and soon.

    They are suspended, so that the operator's work is measured and not the nodes'. The control leaves them to another controller: none
    gets a child, and waiting for them shows nothing that is not there.
    """

    id = "RC-12"
    requirement = ROBUST_CONTROLLER.id
    needs = READING + RUNNING
    title = "many resources are looked after at one time"
    asks = "Do many resources that are made at one time all get what the operator has to make for them, in time?"
    broken_looks_like = "Some get nothing, or the last of them only long after the first."
    sources = ("specification: functions reliably",)
    mandatory = False
    subject = Manager(is_the_operator=True)
    control = Manager(is_the_operator=False)
    control_reason = "not-all-reconciled"

    def observe(self, bench: Bench, variant: Manager, /) -> None:
        """Makes them, and waits for their children."""
        operator, own = operator_of(bench), bench.own(ControllerSettings)
        task = task_of(bench, LASTS, suspended=True, elsewhere=not variant.is_the_operator)
        prepare(bench, operator, task)
        made = {bench.create(f"many-{number}", operator.sound(task))["metadata"]["uid"] for number in range(own.many)}

        def all_served(view: View) -> bool:
            return len(_owners(view.all(operator.child.name)) & made) == len(made)

        def ours(item: JSON) -> bool:
            return bool(_owners([item]) & made)

        seconds = own.reconcile_seconds if variant.is_the_operator else bench.settings.settle_seconds
        bench.watched("children", all_served, of=(operator.child,), seconds=seconds, keep=ours)

    def evaluate(self, seen: Seen) -> Finding:
        """Counts who got something."""
        operator, made, waited = chosen(seen), seen.named("create.many-"), seen.last("children")
        if operator is None or not waited:
            return inconclusive("not-tried", "the resources were not made and followed")
        uids = [answer["body"]["metadata"]["uid"] for answer in made.values() if answer["status"] == 201]
        if len(uids) < 2 or len(uids) != len(made):
            return inconclusive("not-made", f"{len(uids)} of {len(made)} resources were made, expected several, and all of them")
        children = waited["objects"][operator.child.name]
        served = sum(bool(owned(children, uid=uid)) for uid in uids)
        about = f"{served} of {len(uids)} resources of kind {operator.kind.name} had their {operator.child.name} after {waited['waited']} s"
        if served < len(uids):
            return failure("not-all-reconciled", f"{about}, expected all: see {operator.title}'s log and its rate limits")
        return success("all-reconciled", about)


def _owners(items: list[JSON]) -> set[str]:
    return {owner["uid"] for item in items for owner in item["metadata"].get("ownerReferences") or []}
