# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects as functions of typed values, one function per kind. Pure.

Names, namespaces and labels are given by whoever creates the object; here is what an object says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import kinds
from .kinds import Kind

JSON = Any

ADMIN_ACCESS_LABEL = "resource.kubernetes.io/admin-access"
"""Namespaces in which claims may ask for admin access carry it with the value true (KEP-5018)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """An object to create.

    Attributes:
        kind: where it belongs.
        fields: its fields but for apiVersion, kind and metadata.
        labels: beside those that every object of a run carries.
        annotations: of the object.
    """

    kind: Kind
    fields: Mapping[str, JSON]
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exactly:
    """A request for devices of one class (API: ExactDeviceRequest, DeviceSubRequest).

    Attributes:
        device_class: the class.
        selectors: CEL expressions; all must hold.
        count: how many devices.
        admin_access: whether to ask for access to devices that others use.
    """

    device_class: str
    selectors: tuple[str, ...] = ()
    count: int = 1
    admin_access: bool = False

    def as_json(self) -> dict[str, JSON]:
        """The request as the API has it."""
        fields: dict[str, JSON] = {"deviceClassName": self.device_class, "allocationMode": "ExactCount", "count": self.count}
        if self.selectors:
            fields["selectors"] = [{"cel": {"expression": expression}} for expression in self.selectors]
        return {**fields, "adminAccess": True} if self.admin_access else fields


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAvailable:
    """A request with alternatives, the best first (KEP-4816).

    Attributes:
        alternatives: name → request, in order.
    """

    alternatives: Mapping[str, Exactly]


DeviceRequest = Exactly | FirstAvailable

REQUEST = "gpu"
"""Name of the one request in every claim here."""


def claim(request: DeviceRequest) -> Manifest:
    """A ResourceClaim with one request."""
    return Manifest(kind=kinds.RESOURCE_CLAIM, fields={"spec": _claim_spec(request)}, labels={})


def claim_template(request: DeviceRequest, *, labels: Mapping[str, str]) -> Manifest:
    """A ResourceClaimTemplate with one request.

    Args:
        request: for devices.
        labels: of the claims that are made from it.
    """
    return Manifest(
        kind=kinds.RESOURCE_CLAIM_TEMPLATE, fields={"spec": {"metadata": {"labels": dict(labels)}, "spec": _claim_spec(request)}}, labels={}
    )


def device_class(expression: str) -> Manifest:
    """A DeviceClass with one CEL selector."""
    return Manifest(kind=kinds.DEVICE_CLASS, fields={"spec": {"selectors": [{"cel": {"expression": expression}}]}}, labels={})


def resource_slice(*, driver: str, pool: str) -> Manifest:
    """A ResourceSlice of one device on all nodes. It is never stored: callers send it as a dry run."""
    return Manifest(
        kind=kinds.RESOURCE_SLICE,
        fields={
            "spec": {
                "driver": driver,
                "pool": {"name": pool, "generation": 1, "resourceSliceCount": 1},
                "allNodes": True,
                "devices": [{"name": "device-0", "attributes": {"uuid": {"string": "none"}}}],
            }
        },
        labels={},
    )


def namespace(*, level: str = "restricted", admin_access: bool = False) -> Manifest:
    """A Namespace.

    Args:
        level: of the pods that may run in it (Pod Security Standards): ``restricted``, ``baseline`` or ``privileged``.
        admin_access: whether claims in it may ask for admin access.
    """
    labels = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "audit", "warn")}
    return Manifest(kind=kinds.NAMESPACE, fields={}, labels={**labels, **({ADMIN_ACCESS_LABEL: "true"} if admin_access else {})})


def delete_options(uid: str, *, policy: str = "") -> dict[str, JSON]:
    """What is sent with a deletion, so that it meets exactly this object (API reference DeleteOptions).

    Args:
        uid: of the object.
        policy: what becomes of its dependents, ``Background``, ``Foreground`` or ``Orphan``; the kind's own when empty.
    """
    options: dict[str, JSON] = {"apiVersion": "v1", "kind": "DeleteOptions"}
    return {**options, **({"propagationPolicy": policy} if policy else {}), "preconditions": {"uid": uid}}


def _claim_spec(request: DeviceRequest) -> dict[str, JSON]:
    if isinstance(request, Exactly):
        return {"devices": {"requests": [{"name": REQUEST, "exactly": request.as_json()}]}}
    alternatives = [{"name": name, **alternative.as_json()} for name, alternative in request.alternatives.items()]
    return {"devices": {"requests": [{"name": REQUEST, "firstAvailable": alternatives}]}}
