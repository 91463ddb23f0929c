# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses are a function of the lab's range: nobody's overlap anybody's."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

import pytest

from lab.errors import LabError
from lab.nodes.addresses import CLUSTERS, AddressPlan

PLAN = AddressPlan(IPv4Network("10.208.0.0/12"))


def test_no_two_ranges_of_a_lab_overlap() -> None:
    clusters = [PLAN.cluster(index) for index in range(CLUSTERS)]
    ranges = [IPv4Network(f"{PLAN.uplink_host.ip}/30", strict=False)]
    ranges += [network for cluster in clusters for network in (cluster.nodes, cluster.pods, cluster.services, cluster.load_balancers)]
    assert not [pair for pair in combinations(ranges, 2) if pair[0].overlaps(pair[1])]
    assert all(network.subnet_of(PLAN.supernet) for network in ranges)


def test_nodes_share_the_bridge_but_not_the_router_s_address() -> None:
    cluster = PLAN.cluster(0)
    addresses = {cluster.node(index).ip for index in range(cluster.capacity)}
    assert len(addresses) == cluster.capacity
    assert PLAN.router.ip not in addresses
    assert all(address in PLAN.link for address in addresses)


def test_each_node_has_a_pod_range_of_its_own() -> None:
    cluster = PLAN.cluster(3)
    ranges = [cluster.node_pods(index) for index in range(cluster.capacity)]
    assert len(set(ranges)) == cluster.capacity
    assert all(pods.prefixlen == 24 and pods.subnet_of(cluster.pods) for pods in ranges)


def test_cluster_dns_is_the_tenth_service_address() -> None:
    assert PLAN.cluster(0).dns == IPv4Address("10.209.0.10")


@pytest.mark.parametrize("index", [-1, CLUSTERS])
def test_a_cluster_too_many_is_refused(index: int) -> None:
    with pytest.raises(LabError, match="at most 16 clusters"):
        PLAN.cluster(index)


def test_a_node_too_many_is_refused() -> None:
    small = AddressPlan(IPv4Network("10.208.0.0/14")).cluster(0)
    with pytest.raises(LabError, match="at most 16 nodes"):
        small.node(small.capacity)


def test_load_balancers_are_reached_by_way_of_the_control_plane_and_pods_by_way_of_their_node() -> None:
    cluster = PLAN.cluster(2)
    assert cluster.behind(0) == (cluster.node_pods(0), cluster.load_balancers)
    assert cluster.behind(1) == (cluster.node_pods(1),)
