# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Machine: its node made, marked as its own, and taken away with it."""

from __future__ import annotations

from collections.abc import Iterator

from lab.machines.actions import PROVISION, RETIRE, Action, Occupied, Patch, Provision, Retire
from lab.machines.kube import JSON
from lab.machines.names import MACHINES, NAMESPACE, NODE_FINALIZER, NODE_MACHINE, NODE_OWNER, NODES
from lab.machines.template import node_labels
from lab.machines.views import Machine, Node


def plan_machine(machine: Machine, node: Node | None, *, busy: Occupied) -> Iterator[Action]:
    """What is to be done for a machine now.

    The finalizer is there before anything is made, and goes when nothing is left: whenever the controller is killed, what it made
    has a machine that leads to it.

    Args:
        node: its node, as the API has it.
        busy: the jobs that must not begin for a machine now: one is at work on it, or has just failed.
    """
    meta = machine.json["metadata"]
    finalizers: list[str] = meta.get("finalizers", [])
    if machine.deleting:
        if NODE_FINALIZER in finalizers and (RETIRE, machine.uid) not in busy:
            yield Retire(machine)
        return
    if NODE_FINALIZER not in finalizers:
        yield Patch(
            MACHINES, machine.name, {"metadata": {"finalizers": [*finalizers, NODE_FINALIZER], "resourceVersion": meta["resourceVersion"]}}
        )
        return
    if node is None:
        # A node that is just joining is not there yet either: only one that was there before is lost.
        lost = bool(machine.node_uid)
        if (lost or not machine.provider_id) and (PROVISION, machine.uid) not in busy:
            yield Provision(machine, anew=lost)
        return
    yield from _adorn(machine, node)
    if not machine.provider_id and (PROVISION, machine.uid) not in busy:
        yield Provision(machine)


def without_finalizer(machine: JSON) -> Patch:
    """Let a machine go."""
    meta = machine["metadata"]
    left = [name for name in meta.get("finalizers", ()) if name != NODE_FINALIZER]
    return Patch(MACHINES, meta["name"], {"metadata": {"finalizers": left, "resourceVersion": meta["resourceVersion"]}})


def _adorn(machine: Machine, node: Node) -> Iterator[Patch]:
    """Give a node what only the API can give it: whose it is, which instance, and labels that no kubelet may set for itself."""
    meta = node.json["metadata"]
    # Labels that somebody changed on the node since stay changed, as with machine-controller: only missing ones are added.
    labels = {key: value for key, value in node_labels(machine.json["spec"]).items() if key not in (meta.get("labels") or {})}
    if node.machine_uid != machine.uid:
        labels[NODE_OWNER] = machine.uid
    found = meta.get("annotations") or {}
    asked = (machine.json["spec"].get("metadata") or {}).get("annotations") or {}
    annotations = {key: value for key, value in asked.items() if key not in found}
    if found.get(NODE_MACHINE) != (identity := f"{NAMESPACE}/{machine.name}"):
        annotations[NODE_MACHINE] = identity
    body: JSON = {}
    if labels or annotations:
        body["metadata"] = {"labels": labels, "annotations": annotations}
    if machine.provider_id and not node.provider_id:
        body["spec"] = {"providerID": machine.provider_id}
    if body:
        yield Patch(NODES, node.name, body)
