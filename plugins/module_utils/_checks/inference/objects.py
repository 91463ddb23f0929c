# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of Gateway API, and what their status says. Pure.

Source: Gateway API v1 reference (gateway.networking.k8s.io), GEP-1364 for conditions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform.kinds import Kind
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Manifest

JSON = Any

GROUP = "gateway.networking.k8s.io"
GATEWAY_CLASS = Kind("GatewayClass", f"{GROUP}/v1", "gatewayclasses", namespaced=False)
GATEWAY = Kind("Gateway", f"{GROUP}/v1", "gateways", namespaced=True)
HTTP_ROUTE = Kind("HTTPRoute", f"{GROUP}/v1", "httproutes", namespaced=True)
REFERENCE_GRANT = Kind("ReferenceGrant", f"{GROUP}/v1beta1", "referencegrants", namespaced=True)

LISTENER, SECURED_LISTENER = "http", "https"
PORT, SECURED_PORT = 80, 443


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Where a rule sends requests.

    Attributes:
        service: name of a Service.
        port: of it.
        weight: share of the requests.
        namespace: of the Service, where it is not the route's.
    """

    service: str
    port: int
    weight: int = 1
    namespace: str = ""

    def as_json(self) -> JSON:
        """A backendRef."""
        elsewhere = {"namespace": self.namespace} if self.namespace else {}
        return {"name": self.service, "port": self.port, "weight": self.weight, **elsewhere}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a route does with some requests.

    Attributes:
        backends: where they go.
        headers: exact values that they must have; none for all requests.
    """

    backends: Sequence[Backend]
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> JSON:
        """An element of the route's rules."""
        headers = [{"name": name, "value": value} for name, value in self.headers.items()]
        matches = {"matches": [{"headers": headers}]} if headers else {}
        return {**matches, "backendRefs": [backend.as_json() for backend in self.backends]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Secured:
    """What a listener for HTTPS serves.

    Attributes:
        host: name that clients send in the handshake.
        secret: name of the Secret with the certificate and its key.
        namespace: of the Secret.
    """

    host: str
    secret: str
    namespace: str

    def as_json(self) -> JSON:
        """An element of a Gateway's listeners, but for its routes."""
        reference = {"group": "", "kind": "Secret", "name": self.secret, "namespace": self.namespace}
        tls = {"mode": "Terminate", "certificateRefs": [reference]}
        return {"name": SECURED_LISTENER, "port": SECURED_PORT, "protocol": "HTTPS", "hostname": self.host, "tls": tls}


def gateway(class_name: str, *, secured: Secured | None = None) -> Manifest:
    """A Gateway for routes of its own namespace.

    Args:
        class_name: its GatewayClass.
        secured: listener for HTTPS, beside the one for HTTP.
    """
    plain = {"name": LISTENER, "port": PORT, "protocol": "HTTP"}
    listeners = [plain, *([secured.as_json()] if secured else [])]
    spec = {
        "gatewayClassName": class_name,
        "listeners": [{**listener, "allowedRoutes": {"namespaces": {"from": "Same"}}} for listener in listeners],
    }
    return Manifest(kind=GATEWAY, fields={"spec": spec})


def route(*, parent: str, host: str, rules: Sequence[Rule], namespace: str = "") -> Manifest:
    """An HTTPRoute.

    Args:
        parent: name of its Gateway.
        host: name by which requests ask for it.
        rules: in order.
        namespace: of the Gateway, where it is not the route's.
    """
    elsewhere = {"namespace": namespace} if namespace else {}
    spec = {"parentRefs": [{"name": parent, **elsewhere}], "hostnames": [host], "rules": [rule.as_json() for rule in rules]}
    return Manifest(kind=HTTP_ROUTE, fields={"spec": spec})


def grant(*, by: Kind, of: str, to: Kind, name: str) -> Manifest:
    """A ReferenceGrant: objects of a namespace may use one object of the grant's own namespace.

    Args:
        by: kind of those that may.
        of: their namespace.
        to: kind of what they may use.
        name: of what they may use.
    """
    spec = {
        "from": [{"group": by.group, "kind": by.name, "namespace": of}],
        "to": [{"group": to.group, "kind": to.name, "name": name}],
    }
    return Manifest(kind=REFERENCE_GRANT, fields={"spec": spec})


def current(item: JSON, conditions: Sequence[JSON], kind: str) -> Mapping[str, JSON]:
    """A condition of a type that is about the object as it is now; empty when there is none, or only an older one."""
    generation = item["metadata"].get("generation", 0)
    found = (one for one in conditions or [] if one.get("type") == kind and one.get("observedGeneration", generation) >= generation)
    return next(found, {})


def holds(item: JSON, kind: str) -> bool:
    """Whether a condition of the object's status is true."""
    return current(item, (item.get("status") or {}).get("conditions") or [], kind).get("status") == "True"


def address(item: JSON) -> str:
    """The first address of a Gateway; empty when it has none."""
    return str(next((one.get("value") for one in (item.get("status") or {}).get("addresses") or [] if one.get("value")), ""))


def parent_condition(item: JSON, kind: str) -> Mapping[str, JSON]:
    """A condition that a route's first parent has set; empty when there is none."""
    parents = (item.get("status") or {}).get("parents") or []
    return current(item, parents[0].get("conditions") or [], kind) if parents else {}


def listener_condition(item: JSON, listener: str, kind: str) -> Mapping[str, JSON]:
    """A condition of one of a Gateway's listeners; empty when there is none."""
    listeners: Sequence[JSON] = (item.get("status") or {}).get("listeners") or []
    said = [condition for one in listeners if one.get("name") == listener for condition in one.get("conditions") or []]
    return current(item, said, kind)


def is_settled(item: JSON) -> bool:
    """Whether a route's parent has said yes or no to it and to its backends."""
    return all(parent_condition(item, kind).get("status") in {"True", "False"} for kind in ("Accepted", "ResolvedRefs"))
