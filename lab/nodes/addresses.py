# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which address belongs to whom: a pure function of the lab's range, so that nothing has to be remembered or leased."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from itertools import islice

from lab.errors import LabError

CLUSTERS = 16
_FIRST_NODE = 10  # the addresses below are the router's and the registry's
_NODE_POD_PREFIX = 24


@dataclass(frozen=True, slots=True)
class ClusterAddresses:
    """The ranges of one user cluster: the API server's flags and the machines' links are made from them."""

    nodes: IPv4Network
    link: IPv4Network
    pods: IPv4Network
    services: IPv4Network
    load_balancers: IPv4Network

    @property
    def capacity(self) -> int:
        """How many nodes have an address and a pod range."""
        return min(self.nodes.num_addresses - _FIRST_NODE - 1, 1 << (_NODE_POD_PREFIX - self.pods.prefixlen))

    def node(self, index: int) -> IPv4Interface:
        """The address of a node on the lab's bridge; index 0 is the control plane."""
        self._check(index)
        return IPv4Interface((self.nodes[_FIRST_NODE + index], self.link.prefixlen))

    def node_pods(self, index: int) -> IPv4Network:
        """The pod range that a node's CNI plugin hands out."""
        self._check(index)
        return next(islice(self.pods.subnets(new_prefix=_NODE_POD_PREFIX), index, None))

    def behind(self, index: int) -> tuple[IPv4Network, ...]:
        """The ranges that packets reach by way of a node: its pods; for the control plane also the addresses of load balancers."""
        return (self.node_pods(index), *([self.load_balancers] if index == 0 else []))

    @property
    def dns(self) -> IPv4Address:
        """The cluster DNS service: the tenth service address, as kubeadm has it."""
        return self.services[10]

    def _check(self, index: int) -> None:
        if not 0 <= index < self.capacity:
            raise LabError(
                "addresses for a further node",
                found=f"node number {index}",
                expected=f"at most {self.capacity} nodes in a cluster of this lab",
                see="A larger address range (--supernet) holds more nodes.",
            )


@dataclass(frozen=True, slots=True)
class AddressPlan:
    """The lab's range, cut up.

    In sixteenths: 0 nodes, 1 services, 2 load balancers; second quarter: pods; last /30: the link to this machine.
    """

    supernet: IPv4Network

    @property
    def link(self) -> IPv4Network:
        """The bridge on which every node has its address."""
        return self._sixteenth(0)

    @property
    def router(self) -> IPv4Interface:
        """The nodes' default gateway."""
        return IPv4Interface((self.link[1], self.link.prefixlen))

    @property
    def uplink_router(self) -> IPv4Interface:
        """The router's address on the link to this machine."""
        return IPv4Interface((self._uplink[1], 30))

    @property
    def uplink_host(self) -> IPv4Interface:
        """This machine's address on the lab's side."""
        return IPv4Interface((self._uplink[2], 30))

    @property
    def registry(self) -> str:
        """host:port of the lab's image registry, on the router."""
        return f"{self.router.ip}:5000"

    def cluster(self, index: int) -> ClusterAddresses:
        """The ranges of the cluster with this number.

        Raises:
            LabError: the lab has no room for so many clusters.
        """
        if not 0 <= index < CLUSTERS:
            raise LabError(
                "addresses for a further cluster",
                found=f"cluster number {index}",
                expected=f"at most {CLUSTERS} clusters in a lab",
                see="Delete one, or make a second lab with a name and an address range of its own.",
            )
        pods = list(self.supernet.subnets(prefixlen_diff=2))[1]
        return ClusterAddresses(
            nodes=_part(self.link, index),
            link=self.link,
            pods=_part(pods, index),
            services=_part(self._sixteenth(1), index),
            load_balancers=_part(self._sixteenth(2), index),
        )

    @property
    def _uplink(self) -> IPv4Network:
        return IPv4Network((int(self.supernet.broadcast_address) - 3, 30))

    def _sixteenth(self, index: int) -> IPv4Network:
        return _part(self.supernet, index)


def _part(network: IPv4Network, index: int) -> IPv4Network:
    return list(network.subnets(prefixlen_diff=4))[index]
