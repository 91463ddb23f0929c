# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RC-08: what is taken from a resource is made again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import delete_options
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
class Owner:
    """Whether the operator still looks after the resource when its child is deleted."""

    looks_after: bool


class DriftRepaired(Check[Owner]):
    """A child that is deleted comes again, as another object.

    The control deletes the child together with its owner: nobody makes it again, and waiting shows nothing that was not there.
    """

    id = "RC-08"
    requirement = ROBUST_CONTROLLER.id
    needs = READING + RUNNING
    title = "a deleted child is made again"
    asks = "Does the operator make the child of a resource again after somebody has deleted it?"
    broken_looks_like = "The child stays away: the operator acts when resources change, and not when the world does."
    sources = ("Kubernetes documentation: controllers", "specification: functions reliably")
    subject = Owner(looks_after=True)
    control = Owner(looks_after=False)
    control_reason = "not-made-again"

    def observe(self, bench: Bench, variant: Owner, /) -> None:
        """Waits for the child, deletes it, and waits for the next."""
        operator = operator_of(bench)
        task = task_of(bench, LASTS, suspended=True)
        prepare(bench, operator, task)
        made = bench.create(RESOURCE, operator.sound(task))
        seconds, uid = bench.own(ControllerSettings).reconcile_seconds, made["metadata"]["uid"]
        old: list[str] = []

        def child(view: View) -> bool:
            return any(item["metadata"]["uid"] not in old for item in owned(view.all(operator.child.name), uid=uid))

        def ours(item: dict[str, dict[str, str]]) -> bool:
            return item["metadata"]["name"].startswith(made["metadata"]["name"])

        if not bench.watched("before", child, of=(operator.child,), seconds=seconds, keep=ours):
            return
        first = owned(bench.so_far.last("before")["objects"][operator.child.name], uid=uid)[0]
        old.append(first["metadata"]["uid"])
        if not variant.looks_after:
            bench.delete(RESOURCE, [made])
        path = operator.child.path(name=first["metadata"]["name"], namespace=bench.namespace)
        bench.ask("delete.child", "delete", path, body=delete_options(old[0], policy="Background"))
        window = seconds if variant.looks_after else bench.settings.settle_seconds
        bench.watched("after", child, of=(operator.child,), seconds=window, keep=ours)

    def evaluate(self, seen: Seen) -> Finding:
        """Compares before and after by UID."""
        operator, made, before, after = (chosen(seen), seen.last(f"create.{RESOURCE}"), seen.last("before"), seen.last("after"))
        if operator is None or not made or not before or not after or not seen.last("delete.child"):
            return inconclusive("not-tried", "no child was seen to be made and deleted")
        uid = made["body"]["metadata"]["uid"]
        old = {item["metadata"]["uid"] for item in owned(before["objects"][operator.child.name], uid=uid)}
        new = [item for item in owned(after["objects"][operator.child.name], uid=uid) if item["metadata"]["uid"] not in old]
        if not old:
            return inconclusive("no-child", f"no {operator.child.name} was made: see RC-07")
        if not new:
            sentence = f"the deleted {operator.child.name} was not made again within {after['waited']} s"
            return failure("not-made-again", f"{sentence}, expected another one: see {operator.title}'s log")
        return success("made-again", f"{operator.child.name} {new[0]['metadata']['name']} was made again within {after['waited']} s")
