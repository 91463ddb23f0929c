# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of services of type LoadBalancer, out of the cluster's own range.

Who has which address is written nowhere but in the services' status, so a deleted service has freed its address by being gone.
A service whose traffic is to stay on the node it arrives at (``externalTrafficPolicy: Local``) is led to a node with a ready endpoint:
kube-proxy drops it on any other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from lab.errors import LabError
from lab.machines.events import Events
from lab.machines.kube import JSON, Kube, KubeError
from lab.machines.loop import Loop
from lab.machines.names import ENDPOINT_SLICES, SERVICE_NAME, SERVICES
from lab.machines.provider import NodeProvider

_LOG = logging.getLogger(__name__)
_RESYNC_SECONDS = 60.0
_RETRY_SECONDS = 5.0
_COMPONENT = "ailab-load-balancers"


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a service's ``status.loadBalancer`` is to be.

    Attributes:
        address: None where it is to have none.
        problem: why it cannot have one.
    """

    service: JSON
    address: IPv4Address | None
    problem: str = ""


def assign(services: Sequence[JSON], addresses: IPv4Network) -> Iterator[Assignment]:
    """The services whose address is to change, and those that cannot have one.

    An address once given stays. A service that asks for one (``spec.loadBalancerIP``) has it where it is free. Services of a
    load-balancer class are somebody else's.
    """
    ours = sorted((service for service in services if _ours(service)), key=_age)
    taken: dict[IPv4Address, str] = {}
    waiting = []
    for service in ours:
        held = _held(service, addresses)
        if held is not None and held not in taken and _asked(service, addresses) in (None, held):
            taken[held] = _name(service)
        else:
            waiting.append(service)
    for service in waiting:
        asked = _asked(service, addresses)
        free = (address for address in addresses.hosts() if address not in taken)
        address = next(free, None) if asked is None else (asked if asked in addresses and asked not in taken else None)
        if address is not None:
            taken[address] = _name(service)
            yield Assignment(service, address)
        else:
            yield Assignment(service, None, _problem(asked, addresses, taken))
    for service in services:
        if not _ours(service) and not _foreign(service) and _ingress(service) and "deletionTimestamp" not in service["metadata"]:
            yield Assignment(service, None)


def entries(services: Sequence[JSON], slices: Sequence[JSON], addresses: IPv4Network) -> dict[IPv4Address, str]:
    """The nodes at which traffic for local services has to arrive: address → node name.

    Args:
        slices: the EndpointSlices of all services (discovery.k8s.io/v1); an endpoint whose readiness is unknown counts as ready.
    """
    local = {_name(one): one for one in services if _ours(one) and one["spec"].get("externalTrafficPolicy") == "Local"}
    nodes: dict[str, set[str]] = {}
    for piece in slices:
        owner = f"{piece['metadata']['namespace']}/{(piece['metadata'].get('labels') or {}).get(SERVICE_NAME)}"
        ready = [point for point in piece.get("endpoints") or () if (point.get("conditions") or {}).get("ready") is not False]
        nodes.setdefault(owner, set()).update(point["nodeName"] for point in ready if point.get("nodeName"))
    chosen = {owner: min(nodes[owner]) for owner in local if nodes.get(owner)}
    held = {owner: _held(local[owner], addresses) for owner in chosen}
    return {address: chosen[owner] for owner, address in held.items() if address is not None}


class LoadBalancerReconciler:
    """The load-balancer controller of one cluster.

    Args:
        nodes: leads packets.
    """

    def __init__(self, kube: Kube, nodes: NodeProvider, addresses: IPv4Network) -> None:
        self._kube = kube
        self._nodes = nodes
        self._addresses = addresses
        self._events = Events(kube, _COMPONENT)
        self._told: set[tuple[str, str]] = set()
        self.loop = Loop("load-balancers", kube, self._pass, watched=[SERVICES.path(), ENDPOINT_SLICES.path()])

    def _pass(self) -> float:
        services = self._kube.list(SERVICES.path())
        for assignment in assign(services, self._addresses):
            self._do(assignment)
        # An address that was given just now makes another pass due, which leads to it.
        try:
            self._nodes.lead(entries(services, self._kube.list(ENDPOINT_SLICES.path()), self._addresses))
        except LabError as error:
            _LOG.warning("routes of load balancers: tried again: %s", error)
            return _RETRY_SECONDS
        return _RESYNC_SECONDS

    def _do(self, assignment: Assignment) -> None:
        service = assignment.service
        meta = service["metadata"]
        if assignment.problem:
            if (key := (meta["uid"], assignment.problem)) not in self._told:
                self._told.add(key)
                self._tell(service, "SyncLoadBalancerFailed", assignment.problem, warning=True)
            if not _ingress(service):
                return
        ingress = [{"ip": str(assignment.address), "ipMode": "VIP"}] if assignment.address else []
        body = {"metadata": {"resourceVersion": meta["resourceVersion"]}, "status": {"loadBalancer": {"ingress": ingress}}}
        try:
            self._kube.patch(SERVICES.path(meta["name"], namespace=meta["namespace"], sub="status"), body)
        except KubeError as error:
            if not error.gone and not error.stale:
                raise
            self.loop.wake()
            return
        _LOG.info("service %s: address %s", _name(service), assignment.address)
        if assignment.address:
            self._tell(service, "EnsuredLoadBalancer", f"address {assignment.address} given")

    def _tell(self, service: JSON, reason: str, message: str, *, warning: bool = False) -> None:
        self._events.tell(service, reason, message, kind=SERVICES.kind, api_version=SERVICES.api_version, warning=warning)


def _ours(service: JSON) -> bool:
    return service["spec"].get("type") == "LoadBalancer" and not _foreign(service) and "deletionTimestamp" not in service["metadata"]


def _foreign(service: JSON) -> bool:
    return bool(service["spec"].get("loadBalancerClass"))


def _ingress(service: JSON) -> list[JSON]:
    found: list[JSON] = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return found


def _held(service: JSON, addresses: IPv4Network) -> IPv4Address | None:
    found = [IPv4Address(entry["ip"]) for entry in _ingress(service) if entry.get("ip")]
    return found[0] if len(found) == 1 and found[0] in addresses else None


def _asked(service: JSON, addresses: IPv4Network) -> IPv4Address | None:
    text = service["spec"].get("loadBalancerIP")
    try:
        return IPv4Address(text) if text else None
    except ValueError:
        # No address at all: as little to be had as one of another range.
        return addresses.broadcast_address + 1


def _problem(asked: IPv4Address | None, addresses: IPv4Network, taken: dict[IPv4Address, str]) -> str:
    if asked is None:
        return f"no address of {addresses} is free"
    if asked in taken:
        return f"spec.loadBalancerIP {asked} is the address of {taken[asked]}"
    return f"spec.loadBalancerIP is not in {addresses}"


def _age(service: JSON) -> tuple[str, str]:
    return service["metadata"]["creationTimestamp"], service["metadata"]["uid"]


def _name(service: JSON) -> str:
    return f"{service['metadata']['namespace']}/{service['metadata']['name']}"
