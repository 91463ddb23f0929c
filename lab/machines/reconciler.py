# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passes of the machine controller: read the cluster, plan, do."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from lab.machines.actions import Abandon, Action, Create, Delete, Patch, Provision, Retire
from lab.machines.crds import install
from lab.machines.events import Events
from lab.machines.jobs import Jobs
from lab.machines.kube import Kube, KubeError
from lab.machines.loop import Loop
from lab.machines.names import CONTROLLER, DEPLOYMENTS, MACHINES, NAMESPACE, NODES, SETS, Resource
from lab.machines.planning import plan
from lab.machines.provider import NodeProvider
from lab.machines.views import Deployment, Machine, MachineSet, Node, World

_LOG = logging.getLogger(__name__)
_RESYNC_SECONDS = 30.0
_WATCHED = (DEPLOYMENTS, SETS, MACHINES)


def read_world(kube: Kube) -> World:
    """One cluster as it is now: straight from the API server, so that what was just done is seen.

    Dependents are read before their owners (see World).
    """
    nodes = [Node.of(json) for json in kube.list(NODES.path())]
    machines = tuple(Machine.of(json) for json in kube.list(MACHINES.path(namespace=NAMESPACE)))
    sets = tuple(MachineSet.of(json) for json in kube.list(SETS.path(namespace=NAMESPACE)))
    deployments = tuple(Deployment.of(json) for json in kube.list(DEPLOYMENTS.path(namespace=NAMESPACE)))
    return World(nodes={node.name: node for node in nodes}, machines=machines, sets=sets, deployments=deployments, now=datetime.now(UTC))


class MachineReconciler:
    """The machine controller of one cluster.

    It keeps nothing that the next one would need: what is wanted and what is there is in the cluster, and a node half made is known to
    its provider.
    """

    def __init__(self, kube: Kube, nodes: NodeProvider, *, drain_seconds: float) -> None:
        self._kube = kube
        watched = [*(resource.path(namespace=NAMESPACE) for resource in _WATCHED), NODES.path()]
        self.loop = Loop("machines", kube, self._pass, watched=watched)
        self._jobs = Jobs(kube, nodes, Events(kube, CONTROLLER), done=self.loop.wake, drain_seconds=drain_seconds)
        self._installed = False

    def stop(self) -> None:
        """End; a node that is being made is finished first."""
        self.loop.stop()
        self._jobs.stop()

    def _pass(self) -> float:
        if not self._installed:
            self._installed = install(self._kube, self.loop.wait)
            if not self._installed:
                return _RESYNC_SECONDS
        # Before the cluster is read: a job that ends in between has done what it did, and is seen.
        busy = self._jobs.busy()
        world = read_world(self._kube)
        for action in plan(world, busy=busy):
            self._do(action)
        return min(_RESYNC_SECONDS, self._jobs.seconds_to_rest() or _RESYNC_SECONDS, _seconds_to_available(world))

    def _do(self, action: Action) -> None:
        if isinstance(action, (Provision, Retire, Abandon)):
            self._jobs.start(action)
            return
        try:
            self._write(action)
        except KubeError as error:
            if not error.gone and not error.stale:
                raise
            self.loop.wake()

    def _write(self, action: Create | Patch | Delete) -> None:
        namespace = _namespace(action.resource)
        if isinstance(action, Create):
            _LOG.info("%s %s: made", action.resource.kind, action.name)
            self._kube.create(action.resource.path(namespace=namespace), action.body)
        elif isinstance(action, Patch):
            self._kube.patch(action.resource.path(action.name, namespace=namespace, sub=action.sub), action.body)
        else:
            _LOG.info("%s %s: deleted", action.resource.kind, action.name)
            policy = "Foreground" if action.foreground else "Background"
            self._kube.delete(
                action.resource.path(action.name, namespace=namespace), propagationPolicy=policy, preconditions={"uid": action.uid}
            )


def _namespace(resource: Resource) -> str:
    return "" if resource is NODES else NAMESPACE


def _seconds_to_available(world: World) -> float:
    """When the next machine will have been ready for long enough."""
    waits = []
    for owner in world.sets:
        for machine in world.members(owner):
            node = world.node_of(machine)
            if node and node.ready_since:
                waits.append(owner.min_ready_seconds - (world.now - node.ready_since).total_seconds())
    return min((wait for wait in waits if wait > 0), default=_RESYNC_SECONDS)
