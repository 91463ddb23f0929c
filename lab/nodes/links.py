# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces and links of the lab (ip-netns(8), veth(4)).

One router namespace holds the bridge and has no default route: no packet of the lab can leave this machine. The machine itself reaches
the lab through one veth pair. The router knows behind which node each range lies: a node's pods behind it, the addresses of load
balancers behind the control plane, whose kube-proxy passes them on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

from lab.errors import LabError
from lab.nodes.addresses import AddressPlan
from lab.nodes.command import run
from lab.settings import Settings

_NETNS_DIR = Path("/run/netns")
_BRIDGE = "lab"


def netns_path(name: str) -> Path:
    """Where iproute2 keeps a network namespace."""
    return _NETNS_DIR / name


class Fabric:
    """The lab's network. Every method may be called again; what is there stays."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._plan = AddressPlan(settings.supernet)
        self._router = settings.netns("router")
        self._uplink = f"{settings.name}-host"

    def check_range_is_free(self) -> None:
        """Refuse a range that this machine uses for something else.

        Raises:
            LabError: an address or a route of another link overlaps the lab's range.
        """
        for route in json.loads(run(["ip", "-json", "-4", "route", "show", "table", "all"]) or "[]"):
            destination, device = route["dst"], route.get("dev", "")
            if device in (self._uplink, "lo") or destination == "default":
                continue
            if IPv4Network(destination, strict=False).overlaps(self._settings.supernet):
                raise LabError(
                    "the lab's address range",
                    found=f"{self._settings.supernet} overlaps {destination} on link {device}",
                    expected="a range that this machine has no route to",
                    see="Choose another one: --supernet, or lab_host_supernet in the inventory.",
                )

    def is_up(self) -> bool:
        """Whether the router and the link to this machine are there."""
        return netns_path(self._router).exists() and Path("/sys/class/net", self._uplink).exists()

    def leftovers(self) -> bool:
        """Whether any namespace or link of the lab is there."""
        return Path("/sys/class/net", self._uplink).exists() or any(self._namespaces())

    def create(self) -> None:
        """Make the router, its bridge, and the link to this machine."""
        self.remove()
        plan = self._plan
        run(["ip", "netns", "add", self._router])
        _ip(
            None,
            [
                f"link add {self._uplink} type veth peer name uplink netns {self._router}",
                f"address add {plan.uplink_host} dev {self._uplink}",
                f"link set {self._uplink} up",
            ],
        )
        _ip(
            self._router,
            [
                "link set lo up",
                f"link add {_BRIDGE} type bridge",
                f"address add {plan.router} dev {_BRIDGE}",
                f"address add {plan.uplink_router} dev uplink",
                f"link set {_BRIDGE} up",
                "link set uplink up",
            ],
        )
        # Nodes reach other nodes' pods through the router although they share its link: it would answer each packet with a redirect.
        _sysctl(
            self._router,
            {"net/ipv4/ip_forward": "1", "net/ipv4/conf/all/send_redirects": "0", f"net/ipv4/conf/{_BRIDGE}/send_redirects": "0"},
        )
        _ip(None, [f"route add {self._settings.supernet} via {plan.uplink_router.ip} dev {self._uplink}"])

    def attach(self, host: str, *, address: IPv4Interface, ranges: Sequence[IPv4Network]) -> None:
        """Give a node its namespace, its link to the bridge, and the routes to the ranges behind it."""
        self.detach(host, ranges=ranges)
        netns, port = self._settings.netns(host), _port(host)
        run(["ip", "netns", "add", netns])
        _ip(None, [f"link add {port} netns {self._router} type veth peer name eth0 netns {netns}"])
        _ip(
            netns,
            ["link set lo up", f"address add {address} dev eth0", "link set eth0 up", f"route add default via {self._plan.router.ip}"],
        )
        routes = [f"route replace {behind} via {address.ip}" for behind in ranges]
        _ip(self._router, [f"link set {port} master {_BRIDGE} up", *routes])
        _sysctl(netns, {"net/ipv4/ip_forward": "1"})

    def is_attached(self, host: str) -> bool:
        """Whether a node has its namespace."""
        return netns_path(self._settings.netns(host)).exists()

    def detach(self, host: str, *, ranges: Sequence[IPv4Network]) -> None:
        """Take a node off the network; its links go with its namespace."""
        if netns_path(self._router).exists():
            # Both ends of the pair go with one. Left to the namespace, it would go some time after it, and its name with it.
            with suppress(LabError):
                _ip(self._router, [f"link delete {_port(host)}"])
            _ip(self._router, [f"route flush root {behind}" for behind in ranges])
        if self.is_attached(host):
            _delete_netns(self._settings.netns(host))

    def lead(self, within: IPv4Network, via: Mapping[IPv4Address, IPv4Address]) -> None:
        """Lead single addresses of a range by ways of their own; all others go the range's way.

        Args:
            via: address → the node that packets for it go to.
        """
        told = json.loads(run(["ip", "-netns", self._router, "-json", "-4", "route", "show", "root", str(within)]) or "[]")
        found = {route["dst"]: route.get("gateway") for route in told if "/" not in route["dst"]}
        wanted = {str(address): str(node) for address, node in via.items()}
        changes = [f"route delete {address}" for address in found.keys() - wanted.keys()]
        changes += [f"route replace {address} via {node}" for address, node in wanted.items() if found.get(address) != node]
        if changes:
            _ip(self._router, changes)

    def remove(self) -> None:
        """Take away every namespace and link of the lab."""
        if Path("/sys/class/net", self._uplink).exists():
            _ip(None, [f"link delete {self._uplink}"])
        for name in self._namespaces():
            _delete_netns(name)
        if _NETNS_DIR.is_mount() and not any(_NETNS_DIR.iterdir()):
            # iproute2 made it with the first namespace, and makes it again.
            run(["umount", _NETNS_DIR])
            _NETNS_DIR.rmdir()

    def _namespaces(self) -> list[str]:
        return [path.name for path in _NETNS_DIR.glob(f"{self._settings.name}-*")]


def enter(netns: str) -> list[str]:
    """The words that run a program in a network namespace.

    Not ``ip netns exec``: that one mounts a fresh /sys, and the cgroup file systems below it are gone.
    """
    return ["nsenter", f"--net={netns_path(netns)}", "--"]


def _port(host: str) -> str:
    return "p" + hashlib.sha256(host.encode()).hexdigest()[:10]


def _ip(netns: str | None, commands: Sequence[str]) -> None:
    where = ["-netns", netns] if netns else []
    run(["ip", *where, "-batch", "-"], stdin="\n".join(commands) + "\n")


def _delete_netns(name: str) -> None:
    run(["ip", "netns", "delete", name])


def _sysctl(netns: str, values: dict[str, str]) -> None:
    for key, value in values.items():
        run([*enter(netns), "tee", f"/proc/sys/{key}"], stdin=value)
