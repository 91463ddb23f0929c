# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the machine controller needs of whoever makes nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ProvidedNode:
    """A node that was made.

    Attributes:
        name: of the Node object, which is the machine's name.
        provider_id: as in the node's ``spec.providerID``; what comes after its last slash is unlike any other node's, since
            cluster-autoscaler's clusterapi provider compares nothing else.
    """

    name: str
    provider_id: str


class NodeProvider(Protocol):
    """Makes and takes away the nodes of one cluster, and leads packets to them.

    Each method may be called again after a crash at any point of it, and by several threads at once for different nodes.
    """

    def create(self, machine_name: str, labels: Mapping[str, str], taints: Sequence[str]) -> ProvidedNode:
        """Make a node that joins the cluster; one that is there and finished is returned, one half made is made anew.

        Args:
            labels: what the kubelet registers with; none whose prefix the kubelet refuses (KEP-279).
            taints: as in ``key=value:Effect``.

        Raises:
            LabError: it could not be made; the call is repeated later.
        """

    def delete(self, node_name: str) -> None:
        """Take a node away, whatever state it is in; one that is not there is gone already.

        Raises:
            LabError: something of it is left; the call is repeated later.
        """

    def exists(self, node_name: str) -> bool:
        """Whether the node was made to the end."""

    def lead(self, addresses: Mapping[IPv4Address, str]) -> None:
        """Lead packets from outside for these load-balancer addresses to these nodes; those for all others may enter by any node.

        Raises:
            LabError: the network cannot be changed; the call is repeated later.
        """
