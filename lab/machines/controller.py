# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All controllers of one user cluster, behind one switch."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

from lab.machines.autoscaler.settings import AutoscalerSettings
from lab.machines.autoscaler.standin import AutoscalerStandIn
from lab.machines.kube import Access, Kube
from lab.machines.loadbalancers import LoadBalancerReconciler
from lab.machines.provider import NodeProvider
from lab.machines.reconciler import MachineReconciler

__all__ = ["MachineControllers"]

_HEALTHY_SECONDS = 90.0
_PATIENCE = AutoscalerSettings()


class MachineControllers:
    """Machines, load-balancer addresses and the autoscaler stand-in of one cluster, in threads of the caller's process.

    One instance per cluster at a time. Nothing of it has to outlive the process: a new one goes on where the last one was killed.

    Args:
        kubeconfig: of the cluster's administrator.
        nodes: makes and takes away the cluster's nodes.
        load_balancers: the range of the addresses for services of type LoadBalancer; None: somebody else gives them.
        autoscaler: how patient the autoscaler stand-in is; None: there is none.
        drain_seconds: for how long pods may take to leave a node that goes; what is left then goes with it.
    """

    def __init__(
        self,
        kubeconfig: Path,
        nodes: NodeProvider,
        *,
        load_balancers: IPv4Network | None = None,
        autoscaler: AutoscalerSettings | None = _PATIENCE,
        drain_seconds: float = 30.0,
    ) -> None:
        kube = Kube(Access.of(kubeconfig))
        self._machines = MachineReconciler(kube, nodes, drain_seconds=drain_seconds)
        self._balancers = LoadBalancerReconciler(kube, nodes, load_balancers) if load_balancers else None
        self._autoscaler = AutoscalerStandIn(kube, autoscaler) if autoscaler else None

    def start(self) -> None:
        """Begin; returns at once. An API server that does not answer yet is waited for."""
        self._machines.loop.start()
        if self._balancers:
            self._balancers.loop.start()
        if self._autoscaler:
            self._autoscaler.loop.start()

    def stop(self) -> None:
        """End, and wait until nothing is half done: at most for one node to be made."""
        if self._autoscaler:
            self._autoscaler.stop()
        if self._balancers:
            self._balancers.loop.stop()
        self._machines.stop()

    @property
    def healthy(self) -> bool:
        """Whether machines are looked after: the last pass over the cluster went well, and not long ago."""
        since = self._machines.loop.seconds_since_pass()
        return since is not None and since < _HEALTHY_SECONDS
