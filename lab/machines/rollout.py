# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A MachineDeployment: one machine set per template, and machines moved from the old ones to the newest within the strategy's bounds.

The bounds are those of a Deployment's rolling update: never more than ``replicas + maxSurge`` machines, never fewer than
``replicas - maxUnavailable`` available ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab.machines.actions import Action, Create, Delete, Patch
from lab.machines.kube import JSON
from lab.machines.names import API_VERSION, DEPLOYMENTS, NAMESPACE, REVISION, SETS, TEMPLATE_HASH
from lab.machines.views import Deployment, MachineSet

_LONGEST_NAME = 63 - 6  # a machine's name is its set's and six characters, and it is a host name


@dataclass(frozen=True, slots=True)
class Batch:
    """A machine set and how many machines it has.

    Attributes:
        current: machines that are to stay.
        available: those of them that are available.
    """

    owner: MachineSet
    current: int
    available: int


def plan_deployment(deployment: Deployment, batches: Sequence[Batch]) -> Iterator[Action]:
    """What is to be done for a deployment now; what follows from it is planned when it has been done."""
    if deployment.deleting:
        if not deployment.orphaning:
            yield from (_delete(batch.owner) for batch in batches if not batch.owner.deleting)
        return
    living = [batch for batch in batches if not batch.owner.deleting]
    newest = next((batch for batch in living if batch.owner.template == deployment.template), None)
    old = [batch for batch in living if batch is not newest]
    if newest is None:
        if not deployment.paused:
            yield _first(deployment, batches)
        return
    if deployment.paused and any(batch.owner.replicas for batch in old):
        return
    size = _grown(deployment, newest, old)
    if size != newest.owner.replicas:
        yield scale(newest.owner, size)
        return
    if deployment.paused:
        return
    yield from (scale(owner, size) for owner, size in _shrunk(deployment, newest, old))
    yield from (_delete(owner) for owner in _spent(deployment, old))


def scale(owner: MachineSet, replicas: int) -> Patch:
    """Set the size of a machine set."""
    return Patch(SETS, owner.name, {"spec": {"replicas": replicas}})


def _grown(deployment: Deployment, newest: Batch, old: Sequence[Batch]) -> int:
    total = newest.owner.replicas + sum(batch.owner.replicas for batch in old)
    room = max(0, deployment.replicas + deployment.surge - total)
    return min(deployment.replicas, newest.owner.replicas + room)


def _shrunk(deployment: Deployment, newest: Batch, old: Sequence[Batch]) -> Iterator[tuple[MachineSet, int]]:
    floor = deployment.replicas - deployment.unavailable
    total = newest.owner.replicas + sum(batch.owner.replicas for batch in old)
    available = newest.available + sum(batch.available for batch in old)
    # What does not work yet, or no longer, is no loss, as long as what is still to come of the newest is not counted on.
    spare = max(0, total - floor - (newest.owner.replicas - newest.available))
    surplus = max(0, available - floor)
    for batch in sorted(old, key=lambda batch: batch.owner.created):
        broken = max(0, batch.owner.replicas - batch.available)
        dropped = min(broken, spare)
        working = min(batch.owner.replicas - broken, surplus, spare - dropped)
        spare, surplus = spare - dropped - working, surplus - working
        if dropped + working:
            yield batch.owner, batch.owner.replicas - dropped - working


def _spent(deployment: Deployment, old: Sequence[Batch]) -> list[MachineSet]:
    empty = sorted((batch.owner for batch in old if batch.owner.replicas == batch.current == 0), key=lambda owner: owner.created)
    return empty[: max(0, len(empty) - deployment.keep)]


def _first(deployment: Deployment, batches: Sequence[Batch]) -> Create:
    taken = sum(batch.owner.replicas for batch in batches if not batch.owner.deleting)
    replicas = min(deployment.replicas, max(0, deployment.replicas + deployment.surge - taken))
    revisions = [int((batch.owner.json["metadata"].get("annotations") or {}).get(REVISION, 0)) for batch in batches]
    name = f"{deployment.name[: _LONGEST_NAME - 1 - len(deployment.template)]}-{deployment.template}"
    spec, template = deployment.json["spec"], deployment.json["spec"]["template"]
    meta = template.get("metadata") or {}
    labels = {**(meta.get("labels") or {}), TEMPLATE_HASH: deployment.template}
    wanted = ((spec.get("selector") or {}).get("matchLabels")) or {}
    body: JSON = {
        "apiVersion": API_VERSION,
        "kind": SETS.kind,
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": labels,
            "annotations": {REVISION: str(max(revisions, default=0) + 1)},
            "ownerReferences": [owner_reference(DEPLOYMENTS.kind, deployment.name, deployment.uid)],
            # It stays until its machines are gone, and so does the deployment that is deleted in the foreground, as KKP's are.
            "finalizers": ["foregroundDeletion"],
        },
        "spec": {
            "replicas": replicas,
            "minReadySeconds": deployment.min_ready_seconds,
            "selector": {"matchLabels": {**wanted, TEMPLATE_HASH: deployment.template}},
            "template": {**template, "metadata": {**meta, "labels": labels}},
        },
    }
    return Create(SETS, body, name)


def owner_reference(kind: str, name: str, uid: str) -> JSON:
    """The entry of ``metadata.ownerReferences`` that makes somebody the controlling owner."""
    return {"apiVersion": API_VERSION, "kind": kind, "name": name, "uid": uid, "controller": True, "blockOwnerDeletion": True}


def _delete(owner: MachineSet) -> Delete:
    return Delete(SETS, owner.name, owner.uid, foreground=True)
