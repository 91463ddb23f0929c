# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From one cluster as it is to everything that is to be done in it now: a pure function."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lab.machines.actions import ABANDON, Abandon, Action, Delete, Occupied
from lab.machines.names import SETS
from lab.machines.replicas import delete, plan_set, random_suffix
from lab.machines.rollout import Batch, plan_deployment
from lab.machines.single import plan_machine
from lab.machines.statuses import deployment_status, machine_status, set_status
from lab.machines.views import Deployment, MachineSet, World


def plan(world: World, *, busy: Occupied = (), suffix: Callable[[], str] = random_suffix) -> Iterator[Action]:
    """Everything that is to be done now; what follows from it is planned when it has been done.

    Args:
        busy: the jobs that must not begin for a machine or node now.
        suffix: makes up the end of a new machine's name.
    """
    yield from _orphans(world, busy)
    for deployment in world.deployments:
        batches = [_batch(world, deployment, owner) for owner in world.sets if owner.deployment_uid == deployment.uid]
        yield from plan_deployment(deployment, batches)
        yield from deployment_status(deployment, batches, world)
    for owner in world.sets:
        yield from plan_set(owner, world.members(owner), ready=world.ready, suffix=suffix)
        yield from set_status(owner, world)
    for machine in world.machines:
        node = world.node_of(machine)
        yield from plan_machine(machine, node, busy=busy)
        yield from machine_status(machine, node, world)


def _batch(world: World, deployment: Deployment, owner: MachineSet) -> Batch:
    members = world.members(owner)
    available = sum(world.available(machine, min_ready_seconds=deployment.min_ready_seconds) for machine in members)
    return Batch(owner=owner, current=len(members), available=available)


def _orphans(world: World, busy: Occupied) -> Iterator[Action]:
    """What outlived its owner goes: the cluster's garbage collector learns of new kinds half a minute late."""
    deployments, sets = {known.uid for known in world.deployments}, {known.uid for known in world.sets}
    for owner in world.sets:
        if owner.deployment_uid and owner.deployment_uid not in deployments and not owner.deleting:
            yield Delete(SETS, owner.name, owner.uid, foreground=True)
    for machine in world.machines:
        if machine.set_uid and machine.set_uid not in sets and not machine.deleting:
            yield delete(machine)
    machines = {known.uid for known in world.machines}
    for node in world.nodes.values():
        if node.machine_uid and node.machine_uid not in machines and (ABANDON, node.name) not in busy:
            yield Abandon(node.name)
