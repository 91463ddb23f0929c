# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RC-10: what was made for a resource goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import delete_options
from ansible_collections.ailab.conformance.plugins.module_utils._platform.operators import owned

from .operating import LASTS, READING, RESOURCE, RUNNING, by_name, chosen, operator_of, prepare, task_of
from .requirement import ROBUST_CONTROLLER
from .settings import ControllerSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """How the resource is deleted.

    Attributes:
        policy: ``Background`` takes what it owns along, ``Orphan`` leaves it behind.
    """

    policy: str


class ChildrenGo(Check[Deletion]):
    """A deleted resource is gone in time, without a finalizer that holds it, and its children with it.

    The control deletes it with the policy Orphan: its children stay, and are seen.
    """

    id = "RC-10"
    requirement = ROBUST_CONTROLLER.id
    needs = READING + RUNNING
    title = "deletion leaves nothing behind"
    asks = "Is a deleted resource gone in time, and everything that the operator made for it?"
    broken_looks_like = "The resource hangs in a finalizer, or its children stay behind and keep their accelerators."
    sources = ("Kubernetes documentation: garbage collection, finalizers", "specification: functions reliably")
    subject = Deletion(policy="Background")
    control = Deletion(policy="Orphan")
    control_reason = "children-left"

    def observe(self, bench: Bench, variant: Deletion, /) -> None:
        """Makes a resource with a running pod, and deletes it."""
        operator = operator_of(bench)
        task = task_of(bench, LASTS)
        prepare(bench, operator, task)
        made = bench.create(RESOURCE, operator.sound(task))
        name, uid = made["metadata"]["name"], made["metadata"]["uid"]
        seconds = bench.own(ControllerSettings).reconcile_seconds

        def grown(view: View) -> bool:
            pods = (pod for pod in view.all(kinds.POD.name) if ours(pod))
            return any(pod["spec"].get("nodeName") for pod in pods) and bool(owned(view.all(operator.child.name), uid=uid))

        def ours(item: dict[str, dict[str, str]]) -> bool:
            return item["metadata"]["name"].startswith(name)

        def gone(view: View) -> bool:
            return by_name(view, operator.kind, name) is None

        def alone(view: View) -> bool:
            return gone(view) and not any(ours(item) for item in view.all(operator.child.name))

        everything = (operator.kind, operator.child, kinds.POD)
        if bench.watched("before", grown, of=everything, seconds=seconds, keep=ours):
            path = operator.kind.path(name=name, namespace=bench.namespace)
            bench.ask("delete.resource", "delete", path, body=delete_options(uid, policy=variant.policy))
            bench.watched("gone", gone, of=(operator.kind,), seconds=seconds, keep=ours)
            window = seconds if variant.policy == "Background" else bench.settings.settle_seconds
            bench.watched("after", alone, of=everything, seconds=window, keep=ours)

    def evaluate(self, seen: Seen) -> Finding:
        """Looks for what is left."""
        operator, made, before, after = chosen(seen), seen.last(f"create.{RESOURCE}"), seen.last("before"), seen.last("after")
        answer = seen.last("delete.resource")
        if operator is None or not made or not before or not before["reached"] or not after or not answer:
            return inconclusive("not-tried", "no resource with a running pod was deleted")
        if answer["status"] not in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
            return inconclusive("not-deleted", f"the deletion was answered with HTTP {answer['status']}")
        objects, uid = after["objects"], made["body"]["metadata"]["uid"]
        held = [item for item in objects[operator.kind.name] if item["metadata"]["uid"] == uid]
        if held:
            finalizers = listed(held[0]["metadata"].get("finalizers") or [])
            return failure(
                "resource-held", f"the {operator.kind.name} is there {after['waited']} s after its deletion; finalizers: {finalizers}"
            )
        left = [f"{item['kind']} {item['metadata']['name']}" for item in objects[operator.child.name]]
        if left:
            return failure("children-left", f"{listed(left)} is there {after['waited']} s after the deletion, expected it to go along")
        if not after["reached"]:
            return inconclusive("not-seen-to-go", "what was made was not seen to go")
        return success("children-gone", f"the {operator.kind.name} and what was made for it were gone within {after['waited']} s")
