# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services of type LoadBalancer: an address of the cluster's own range, reached from pods of every node and from this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from lab.nodes.addresses import AddressPlan
from tests.integration import standing
from tests.integration.kkp import until
from tests.integration.standing import Lab
from tests.integration.workloads import Workload, pod, service

pytestmark = pytest.mark.integration

PORT = 8080


def address(lab: Lab, name: str) -> str:
    """The address that a service was given; empty where it has none."""
    ingress = lab.get("service", name)["status"]["loadBalancer"].get("ingress") or [{}]
    return str(ingress[0].get("ip", ""))


@contextmanager
def answer(host: str) -> Iterator[str]:
    """What an address answers to this machine."""
    connection = HTTPConnection(host, PORT, timeout=5)
    try:
        connection.request("GET", "/index.html")
        yield connection.getresponse().read().decode()
    finally:
        connection.close()


def routes(within: IPv4Network) -> set[str]:
    """The router's routes to single addresses of a range."""
    words = ["ip", "-netns", f"{standing.NAME}-router", "route", "show", "root", str(within)]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in said.splitlines() if "/" not in line.split()[0]}


@pytest.mark.parametrize("policy", ["Cluster", "Local"])
def test_pods_of_every_node_and_this_machine_reach_the_address(lab: Lab, policy: str) -> None:
    near, far = lab.node("gpu-dra"), lab.node("gpu-plugin")
    web = f"mkdir /tmp/w; echo from-$(hostname) >/tmp/w/index.html; exec httpd -f -p {PORT} -h /tmp/w"
    balanced: dict[str, Any] = service("web", port=PORT)
    balanced["spec"] |= {"type": "LoadBalancer", "externalTrafficPolicy": policy}
    clients = [pod(name, "sleep 600", node=node) for name, node in (("near", near), ("far", far))]
    ranges = [AddressPlan(IPv4Network(standing.SUPERNET)).cluster(index).load_balancers for index in range(2)]
    with Workload(lab, pod("web", web, node=near, labels={"app": "web"}), balanced, *clients):
        until(partial(address, lab, "web"), seconds=10, what="an address")
        host = address(lab, "web")
        (own,) = (network for network in ranges if IPv4Address(host) in network)
        request = f"printf 'GET /index.html HTTP/1.0\\r\\n\\r\\n' | nc -w 5 {host} {PORT}"

        def reached() -> bool:
            with answer(host) as said:
                return said.strip() == "from-web"

        until(reached, seconds=10, what="an answer to this machine")
        for client in ("near", "far"):
            assert "from-web" in lab.kubectl("exec", client, "--", "sh", "-c", request)
        assert routes(own) == ({host} if policy == "Local" else set())
    until(lambda: not routes(own), seconds=10, what="no route of its own")
