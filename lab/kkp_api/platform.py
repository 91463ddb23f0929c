# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The node engine as the KKP API needs it: control planes by cluster id, nodes by the names of machines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Protocol

from lab.errors import LabError
from lab.kkp_api.user_cluster import UserCluster
from lab.machines.provider import ProvidedNode
from lab.nodes.cluster import Cluster
from lab.nodes.control_plane import uphold
from lab.nodes.engine import Progress, new_record
from lab.nodes.state import READY, NodeRecord, locked
from lab.nodes.toolbox import Toolbox
from lab.settings import KUBERNETES_VERSION, Settings

# As long as the longest thing that a command line does with the lab.
_LOCK_SECONDS = 300.0


class Controllers(Protocol):
    """The controllers of one user cluster's machine objects."""

    def start(self) -> None:
        """Install the definitions, and begin."""

    def stop(self) -> None:
        """End; nothing of the cluster is touched any more when this returns."""

    @property
    def healthy(self) -> bool:
        """Whether machines are looked after."""


# From a kubeconfig, the nodes, and the range of load balancers' addresses.
ControllerFactory = Callable[[Path, "Nodes", IPv4Network], Controllers]


class Gate:
    """Lets work through until it is closed; closing waits for the work that is inside."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._closed = False

    @contextmanager
    def inside(self, what: str) -> Iterator[None]:
        """Do something before the gate closes.

        Raises:
            LabError: it is closed.
        """
        with self._changed:
            if self._closed:
                raise LabError(what, found="a cluster that is being deleted", expected="one that stays", see="Nothing is to be done.")
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """Let nobody in any more, and wait until all are out."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._inside == 0)


class Nodes:
    """The workers of one cluster, made and taken away for its machines. Every method may be called again, and by many threads."""

    def __init__(self, settings: Settings, tools: Toolbox, team: Cluster) -> None:
        self._settings = settings
        self._tools = tools
        self._team = team
        self.gate = Gate()

    def create(self, machine_name: str, labels: Mapping[str, str], taints: Sequence[str]) -> ProvidedNode:
        """A worker of this name, booted and joined; one that is there and whole is returned as it is.

        Raises:
            LabError: the name is another cluster's, no address is left, or the node did not come up.
        """
        with self.gate.inside(f"node {machine_name}"), locked(self._settings, shared=True, wait=_LOCK_SECONDS):
            known = self._team.record.node(machine_name)
            if known is None or known.phase != READY:
                self._check_is_ours(machine_name)
                node = self._team.numbered(NodeRecord(name=machine_name, index=-1, labels=dict(labels), taints=tuple(taints)))
                self._team.join(node, self._team.boot(node))
            return ProvidedNode(name=machine_name, provider_id=self._team.provider_id(machine_name))

    def delete(self, node_name: str) -> None:
        """Take a worker away; one that is not there is away already."""
        with self.gate.inside(f"node {node_name}"), locked(self._settings, shared=True, wait=_LOCK_SECONDS):
            node = self._team.record.node(node_name)
            if node is not None and node.index > 0:
                self._team.delete(node)

    def exists(self, node_name: str) -> bool:
        """Whether there is a whole worker of this name."""
        node = self._team.record.node(node_name)
        return node is not None and node.phase == READY

    def lead(self, addresses: Mapping[IPv4Address, str]) -> None:
        """Lead packets for these load-balancer addresses to these nodes."""
        with self.gate.inside("routes of load balancers"):
            self._team.lead(addresses)

    def _check_is_ours(self, name: str) -> None:
        # A machine's directory and namespace are named after its node.
        for cluster, record in self._tools.store.clusters().items():
            if cluster != self._team.record.name and record.node(name):
                raise LabError(
                    f"node {name}", found=f"a node of that name in cluster {cluster}", expected="a new name", see="Rename the machine."
                )


class NodePlatform:
    """Control planes and their controllers on one lab.

    Args:
        controllers: makes the controllers of a cluster.
    """

    def __init__(self, settings: Settings, *, controllers: ControllerFactory, progress: Progress) -> None:
        self._settings = settings
        self._tools = Toolbox.of(settings)
        self._controllers = controllers
        self._progress = progress
        self._lock = threading.Lock()
        self._nodes: dict[str, Nodes] = {}
        self._teams: dict[str, Cluster] = {}
        self._running: dict[str, Controllers] = {}
        self._apis: dict[str, UserCluster] = {}

    @property
    def versions(self) -> tuple[str, ...]:
        """The one version that the lab's programs are built from."""
        return (KUBERNETES_VERSION.removeprefix("v"),)

    def create(self, cluster: str, version: str) -> None:
        """Make a control plane, or mend it and its nodes."""
        with locked(self._settings, shared=True, wait=_LOCK_SECONDS):
            uphold(self._made_team(cluster, f"v{version}"), self._do)

    def delete(self, cluster: str) -> None:
        """Take the cluster away: controllers, workers, control plane, record."""
        self.stop_controllers(cluster)
        team = self._team(cluster)
        with self._lock:
            nodes = self._nodes.get(cluster)
        if nodes:
            nodes.gate.close()
        if team is not None:
            with locked(self._settings, shared=True, wait=_LOCK_SECONDS):
                team.delete_all()
        with self._lock:
            for known in (self._nodes, self._teams, self._apis):
                known.pop(cluster, None)

    def start_controllers(self, cluster: str) -> None:
        """Serve the cluster's machine objects, if that is not so already."""
        team = self._team(cluster)
        with self._lock:
            if team is None or cluster in self._running:
                return
            nodes = self._nodes.setdefault(cluster, Nodes(self._settings, self._tools, team))
            controllers = self._controllers(self._settings.kubeconfig(cluster), nodes, team.addresses.load_balancers)
        controllers.start()
        with self._lock:
            self._running[cluster] = controllers

    def stop_controllers(self, cluster: str) -> None:
        """Leave the cluster's machine objects alone from now on."""
        with self._lock:
            controllers = self._running.pop(cluster, None)
        if controllers is not None:
            controllers.stop()

    def stop(self) -> None:
        """End all controllers; clusters stay."""
        for cluster in list(self._running):
            self.stop_controllers(cluster)

    def controllers_serve(self, cluster: str) -> bool:
        """Whether the cluster's machine objects are served."""
        controllers = self._running.get(cluster)
        return controllers is not None and controllers.healthy

    def endpoint(self, cluster: str) -> str:
        """The API server's URL."""
        team = self._team(cluster)
        return team.endpoint if team is not None and team.record.nodes else ""

    def kubeconfig(self, cluster: str) -> str | None:
        """The administrator's kubeconfig."""
        try:
            return self._settings.kubeconfig(cluster).read_text()
        except FileNotFoundError:
            return None

    def infrastructure_serves(self, cluster: str) -> bool:
        """Whether the lab's network is up and the control plane's machine is on."""
        team = self._team(cluster)
        if team is None or not self._tools.fabric.is_up():
            return False
        return any(node.index == 0 and self._tools.machine(node.name).is_on() for node in team.record.nodes)

    def user_cluster(self, cluster: str) -> UserCluster | None:
        """The cluster's own API."""
        with self._lock:
            if cluster not in self._apis:
                team = self._teams.get(cluster)
                first = team.record.node(f"{cluster}-control-plane") if team else None
                path = self._settings.kubeconfig(cluster)
                # A control plane that is made anew has a new certificate authority: no connection is kept from before.
                if first is None or first.phase != READY or not path.exists():
                    return UserCluster(path) if path.exists() else None
                self._apis[cluster] = UserCluster(path)
            return self._apis[cluster]

    def _team(self, cluster: str) -> Cluster | None:
        """The one writer of a cluster's record."""
        with self._lock:
            if cluster not in self._teams:
                record = self._tools.store.clusters().get(cluster)
                if record is None:
                    return None
                self._teams[cluster] = Cluster(self._tools, record)
            return self._teams[cluster]

    def _made_team(self, cluster: str, version: str) -> Cluster:
        """The same; there is one from now on."""
        with self._lock:
            records = self._tools.store.clusters()
            if cluster not in records:
                # Its number is taken from now on.
                self._tools.store.save(new_record(cluster, version, records))
        team = self._team(cluster)
        if team is None:
            raise LabError(f"cluster {cluster}", found="no record", expected="the one just written", see="Is the disk full?")
        return team

    def _do(self, action: str, work: Callable[[], None]) -> None:
        work()
        self._progress(action)
