# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control planes and workers of one user cluster: made, mended and taken away. Nothing else in the project knows how."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

import yaml

from lab.errors import LabError
from lab.invoker import give_to_invoker
from lab.nodes import kubeadm
from lab.nodes.addons import manifests
from lab.nodes.addresses import AddressPlan, ClusterAddresses
from lab.nodes.command import until
from lab.nodes.machine import Machine
from lab.nodes.runtime import cni_configuration
from lab.nodes.signing import requests_of
from lab.nodes.state import READY, ClusterRecord, NodeRecord
from lab.nodes.toolbox import Toolbox

_READY_SECONDS = 90


class Cluster:
    """One user cluster.

    Workers may be made by several threads at once; each change of the record is written before the next thing is done.
    """

    def __init__(self, tools: Toolbox, record: ClusterRecord) -> None:
        self._tools = tools
        self._record = record
        self._write = threading.Lock()
        self.addresses: ClusterAddresses = AddressPlan(tools.settings.supernet).cluster(record.index)

    @property
    def record(self) -> ClusterRecord:
        """The cluster as it was last written down."""
        return self._record

    @property
    def endpoint(self) -> str:
        """The API server's address."""
        return f"https://{self.addresses.node(0).ip}:{kubeadm.API_PORT}"

    def provider_id(self, node: str) -> str:
        """The name of a node's machine (Node spec.providerID)."""
        return f"ailab://{self._record.name}/{node}"

    def numbered(self, node: NodeRecord) -> NodeRecord:
        """A worker with a number of its own, which is taken from now on; the namesake that was begun before gives its number back.

        Raises:
            LabError: no number, so no address, is left.
        """
        with self._write:
            taken = {0, *(known.index for known in self._record.nodes if known.name != node.name)}
            index = next(number for number in range(1, len(taken) + 1) if number not in taken)
            self.addresses.node(index)
            numbered = replace(node, index=index)
            self._record = self._record.with_node(numbered)
            self._tools.store.save(self._record)
        return numbered

    def create_control_plane(self, node: NodeRecord) -> None:
        """Make the first node and everything that a cluster has from the start; the API server answers when this returns."""
        self._record = replace(self._record, addons=False)
        machine = self.boot(node)
        settings, record = self._tools.settings, self._record
        configuration = self._configuration(machine)
        configuration.write_text(
            kubeadm.init_documents(
                cluster=record.name,
                version=record.version,
                token=record.token,
                identity=self._identity(node),
                addresses=self.addresses,
            )
        )
        machine.run(["kubeadm", "init", f"--config={configuration}"], timeout=240)
        kubeconfig = settings.kubeconfig(record.name)
        shutil.copyfile(machine.etc / "kubernetes/admin.conf", kubeconfig)
        kubeconfig.chmod(0o600)
        give_to_invoker(kubeconfig)
        self._done(node)

    def apply_addons(self) -> None:
        """Give the cluster its DNS and the resource metrics API; that they run is not waited for."""
        cluster = self._record.name
        # On a busy machine the API server may be restarted once more by its startup probe after kubeadm has seen it healthy.
        self._wait_for(self._addons_applied, f"the add-ons of cluster {cluster}", node=f"{cluster}-control-plane")
        with self._write:
            self._record = replace(self._record, addons=True)
            self._tools.store.save(self._record)

    def boot(self, node: NodeRecord) -> Machine:
        """A fresh machine, with network and container runtime; whatever an earlier run left of it is taken away first."""
        self._save(node)
        machine = self._tools.machine(node.name)
        machine.destroy()
        self._attach(node)
        machine.prepare(cni=cni_configuration(pods=self.addresses.node_pods(node.index)))
        machine.power_on()
        return machine

    def join(self, node: NodeRecord, machine: Machine) -> None:
        """Make a booted machine a worker of this cluster."""
        discovery = machine.directory / "discovery.kubeconfig"
        discovery.write_text(kubeadm.discovery_kubeconfig(server=self.endpoint, ca=self._ca()))
        configuration = self._configuration(machine)
        configuration.write_text(kubeadm.join_documents(token=self._record.token, identity=self._identity(node), discovery=str(discovery)))
        machine.run(["kubeadm", "join", f"--config={configuration}"], timeout=120)
        self._done(node)

    def ailments(self, node: NodeRecord) -> Iterator[tuple[str, Callable[[], None]]]:
        """What is wrong with a finished node and what cures it, in the order of curing.

        A restart of this machine takes the network, a killed process the power or the kubelet.
        """
        machine, pods = self._tools.machine(node.name), self.addresses.node_pods(node.index)
        if not self._tools.fabric.is_attached(node.name):
            yield "network attached", partial(self._attach, node)
        if not machine.is_on():
            yield "powered on", partial(self._reboot, machine, cni_configuration(pods=pods))
        elif machine.supervisor.states().get("kubelet") not in ("RUNNING", "STARTING"):
            yield "kubelet started", partial(machine.supervisor.start, "kubelet")

    @staticmethod
    def _reboot(machine: Machine, cni: str) -> None:
        machine.prepare(cni=cni)
        machine.power_on()

    def delete(self, node: NodeRecord) -> None:
        """Take a worker away: the machine first, since a living kubelet registers its node again."""
        self._tools.machine(node.name).destroy()
        self._tools.fabric.detach(node.name, ranges=self.addresses.behind(node.index))
        if self.answers():
            kubectl = self._tools.kubectl
            kubectl(self._record.name, "delete", "node", node.name, "--ignore-not-found", "--wait=false")
            # Nobody is left on the node to confirm the end of its pods.
            on_node = f"--field-selector=spec.nodeName={node.name}"
            kubectl(self._record.name, "delete", "pods", "--all-namespaces", on_node, "--force", "--grace-period=0", "--wait=false")
            asked = json.loads(kubectl(self._record.name, "get", "certificatesigningrequests", "--output=json"))["items"]
            if names := requests_of(node.name, asked):
                kubectl(self._record.name, "delete", "certificatesigningrequests", "--ignore-not-found", *names)
        with self._write:
            self._record = self._record.without_node(node.name)
            self._tools.store.save(self._record)

    def delete_all(self) -> None:
        """Take the whole cluster away, workers first."""
        for node in sorted(self._record.nodes, key=lambda node: -node.index):
            self._tools.machine(node.name).destroy()
            self._tools.fabric.detach(node.name, ranges=self.addresses.behind(node.index))
        shutil.rmtree(self._tools.settings.cluster_dir(self._record.name), ignore_errors=True)

    def lead(self, addresses: Mapping[IPv4Address, str]) -> None:
        """Lead packets for load-balancer addresses to nodes by name; those of the range that are not named go to the control plane."""
        known = {node.name: self.addresses.node(node.index).ip for node in self._record.nodes}
        via = {address: known[node] for address, node in addresses.items() if node in known}
        self._tools.fabric.lead(self.addresses.load_balancers, via)

    def answers(self) -> bool:
        """Whether the API server is ready."""
        return self._tools.api_ready(self._record.name)

    def _addons_applied(self) -> bool:
        try:
            self._tools.kubectl(
                self._record.name, "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=manifests(self.addresses)
            )
        except LabError:
            if self.answers():
                raise
            return False
        return True

    @staticmethod
    def _wait_for(answers: Callable[[], bool], what: str, *, node: str) -> None:
        until(answers, what=what, seconds=_READY_SECONDS, every=0.2, see=f"See `python -m lab logs {node} kubelet`.")

    def _attach(self, node: NodeRecord) -> None:
        self._tools.fabric.attach(node.name, address=self.addresses.node(node.index), ranges=self.addresses.behind(node.index))

    def _identity(self, node: NodeRecord) -> kubeadm.NodeIdentity:
        return kubeadm.NodeIdentity(
            name=node.name,
            address=str(self.addresses.node(node.index).ip),
            provider_id=self.provider_id(node.name),
            labels=node.labels,
            taints=node.taints,
        )

    @staticmethod
    def _configuration(machine: Machine) -> Path:
        """The file that kubeadm reads. With the token in it a machine can join the cluster."""
        path = machine.directory / "kubeadm.yaml"
        path.touch(mode=0o600)
        return path

    def _ca(self) -> str:
        kubeconfig = yaml.safe_load(self._tools.settings.kubeconfig(self._record.name).read_text())
        return str(kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"])

    def _save(self, node: NodeRecord) -> None:
        with self._write:
            self._record = self._record.with_node(node)
            self._tools.store.save(self._record)

    def _done(self, node: NodeRecord) -> None:
        self._save(replace(node, phase=READY))
