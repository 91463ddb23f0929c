# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A MachineSet: as many machines of one template as it asks for."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from lab.machines.actions import Action, Create, Delete
from lab.machines.kube import JSON
from lab.machines.names import API_VERSION, MACHINES, NAMESPACE, NODE_FINALIZER, SETS
from lab.machines.rollout import owner_reference
from lab.machines.views import Machine, MachineSet

# No vowels, and nothing that reads like something else: the letters that Kubernetes itself makes up names of.
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def random_suffix() -> str:
    """Five letters that tell machines of a set apart."""
    return "".join(secrets.choice(_LETTERS) for _ in range(5))


def plan_set(
    owner: MachineSet, members: Sequence[Machine], *, ready: Callable[[Machine], bool], suffix: Callable[[], str] = random_suffix
) -> Iterator[Action]:
    """What is to be done for a machine set now.

    Args:
        members: its machines that are not being deleted.
        ready: whether a machine's node is ready.
    """
    if owner.deleting:
        if not owner.orphaning:
            yield from (delete(machine) for machine in members)
        return
    surplus = len(members) - owner.replicas
    if surplus > 0:
        yield from (delete(machine) for machine in sorted(members, key=lambda machine: _worth(machine, ready))[:surplus])
    for _ in range(-surplus):
        yield _create(owner, suffix())


def delete(machine: Machine) -> Delete:
    """Have a machine deleted."""
    return Delete(MACHINES, machine.name, machine.uid)


def _worth(machine: Machine, ready: Callable[[Machine], bool]) -> tuple[bool, bool, bool, float, str]:
    # The first to go: what the autoscaler marked, then what does not work, then the youngest.
    return (not machine.marked, ready(machine), not machine.failed, -_seconds(machine.created), machine.name)


def _seconds(at: datetime) -> float:
    return at.timestamp()


def _create(owner: MachineSet, suffix: str) -> Create:
    template = owner.json["spec"]["template"]
    meta = template.get("metadata") or {}
    name = f"{owner.name}-{suffix}"
    body: JSON = {
        "apiVersion": API_VERSION,
        "kind": MACHINES.kind,
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": meta.get("labels") or {},
            "annotations": meta.get("annotations") or {},
            "ownerReferences": [owner_reference(SETS.kind, owner.name, owner.uid)],
            "finalizers": [NODE_FINALIZER],
        },
        "spec": template["spec"],
    }
    return Create(MACHINES, body, name)
