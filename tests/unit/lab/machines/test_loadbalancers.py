# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of services: desired against found."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from lab.machines.loadbalancers import assign, entries

RANGE = IPv4Network("10.9.0.0/30")  # two addresses: .1 and .2


def service(name: str, held: str = "", **more: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": "default", "uid": name, "creationTimestamp": "2026-01-01T00:00:00Z", "resourceVersion": "1"}
    meta |= more.pop("metadata", {})
    ingress = {"ingress": [{"ip": held}]} if held else {}
    return {"metadata": meta, "spec": {"type": "LoadBalancer", **more}, "status": {"loadBalancer": ingress}}


def told(*services: dict[str, Any]) -> dict[str, str]:
    return {
        assignment.service["metadata"]["name"]: assignment.problem or str(assignment.address)[-2:] for assignment in assign(services, RANGE)
    }


FULL = "no address of 10.9.0.0/30 is free"


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        ([service("a"), service("b")], {"a": ".1", "b": ".2"}),
        ([service("a", "10.9.0.2"), service("b")], {"b": ".1"}),
        ([service("a", "10.9.0.1"), service("b", "10.9.0.2")], {}),
        # the same address twice: the first keeps it
        ([service("a", "10.9.0.1"), service("b", "10.9.0.1")], {"b": ".2"}),
        # an address of another range, as after a change of the lab's
        ([service("a", "10.8.0.1")], {"a": ".1"}),
        ([service("a"), service("b"), service("c")], {"a": ".1", "b": ".2", "c": FULL}),
        # asked for by name
        ([service("a", loadBalancerIP="10.9.0.2")], {"a": ".2"}),
        ([service("a", "10.9.0.1", loadBalancerIP="10.9.0.2")], {"a": ".2"}),
        (
            [service("a", "10.9.0.2"), service("b", loadBalancerIP="10.9.0.2")],
            {"b": "spec.loadBalancerIP 10.9.0.2 is the address of default/a"},
        ),
        ([service("a", loadBalancerIP="10.7.0.1")], {"a": "spec.loadBalancerIP is not in 10.9.0.0/30"}),
        ([service("a", loadBalancerIP="router")], {"a": "spec.loadBalancerIP is not in 10.9.0.0/30"}),
        # somebody else's, and none any more
        ([service("a", loadBalancerClass="kubelb")], {}),
        ([service("a", "10.9.0.1", type="ClusterIP")], {"a": "ne"}),
        # a service that goes has freed its address
        ([service("a", "10.9.0.1", metadata={"deletionTimestamp": "now"}), service("b")], {"b": ".1"}),
    ],
)
def test_addresses(services: list[dict[str, Any]], expected: dict[str, str]) -> None:
    assert told(*services) == expected


def endpoints(owner: str, **nodes: bool | None) -> dict[str, Any]:
    points = [{"nodeName": node, "conditions": {} if ready is None else {"ready": ready}} for node, ready in nodes.items()]
    return {
        "metadata": {"name": f"{owner}-x", "namespace": "default", "labels": {"kubernetes.io/service-name": owner}},
        "endpoints": points,
    }


@pytest.mark.parametrize(
    ("policy", "slices", "expected"),
    [
        ("Cluster", [endpoints("a", n1=True)], None),
        ("Local", [endpoints("a", n2=True, n1=True)], "n1"),
        ("Local", [endpoints("a", n1=False, n2=True)], "n2"),
        # readiness unknown counts as ready (discovery.k8s.io/v1 EndpointConditions)
        ("Local", [endpoints("a", n1=None)], "n1"),
        ("Local", [endpoints("a"), endpoints("a", n3=True)], "n3"),
        ("Local", [endpoints("a", n1=False)], None),
        ("Local", [endpoints("b", n1=True)], None),
        ("Local", [], None),
    ],
)
def test_local_traffic_arrives_at_a_node_with_a_ready_endpoint(policy: str, slices: list[dict[str, Any]], expected: str | None) -> None:
    found = entries([service("a", "10.9.0.1", externalTrafficPolicy=policy)], slices, RANGE)
    assert found == ({IPv4Address("10.9.0.1"): expected} if expected else {})


def test_nothing_is_led_to_an_address_of_another_range() -> None:
    foreign = service("a", "10.8.0.1", externalTrafficPolicy="Local")
    assert entries([foreign], [endpoints("a", n1=True)], RANGE) == {}
