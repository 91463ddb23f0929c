# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads DeviceClasses, ResourceSlices and ResourceClaims: which devices there are, what they are, who has them. Pure.

Source: KEP-4381 (structured parameters), API reference resource.k8s.io/v1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .quantity import parse

JSON = Any

_DRIVER = re.compile(r"device\.driver\s*==\s*[\"']([^\"']+)[\"']")
_ATTRIBUTE_KINDS = ("string", "version", "int", "bool")


@dataclass(frozen=True, slots=True, order=True)
class DeviceId:
    """A device's name in the cluster: the triple that an allocation carries."""

    driver: str
    pool: str
    device: str

    def __str__(self) -> str:
        return f"{self.driver}/{self.pool}/{self.device}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A published device.

    Attributes:
        id: its name.
        attributes: by name without domain; later domains do not hide earlier ones.
        capacity: quantities by name without domain, as published.
    """

    id: DeviceId
    attributes: Mapping[str, JSON]
    capacity: Mapping[str, str]

    @property
    def uuid(self) -> str:
        """The attribute uuid; empty when the driver publishes none."""
        return str(self.attributes.get("uuid") or "")

    def amount(self, name: str) -> Decimal | None:
        """A capacity as a number; None when it is missing or no quantity."""
        return parse(self.capacity.get(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """One result of a claim's allocation.

    Attributes:
        request: the request it serves, ``gpu`` or ``gpu/second``.
        id: the device.
    """

    request: str
    id: DeviceId


def drivers_of(device_class: JSON) -> frozenset[str]:
    """The drivers that a DeviceClass's selectors name; its own name when they name none.

    CEL is not evaluated: ``device.driver == "…"`` is found by its text, which is how every driver's own class is written.
    """
    selectors = ((device_class.get("spec") or {}).get("selectors")) or []
    named = {name for selector in selectors for name in _DRIVER.findall((selector.get("cel") or {}).get("expression") or "")}
    return frozenset(named or {device_class["metadata"]["name"]})


def current(slices: Iterable[JSON]) -> list[JSON]:
    """The slices of the newest generation of each pool: those that the scheduler looks at."""
    known = list(slices)
    newest: dict[tuple[str, str], int] = {}
    for item in known:
        newest[pool_of(item)] = max(newest.get(pool_of(item), 0), generation_of(item))
    return [item for item in known if generation_of(item) == newest[pool_of(item)]]


def devices(slices: Iterable[JSON]) -> list[Device]:
    """The devices of some slices, sorted."""
    found = [
        Device(
            id=DeviceId(*pool_of(item), str(device.get("name"))),
            attributes=_unqualified({name: _attribute(value) for name, value in (device.get("attributes") or {}).items()}),
            capacity=_unqualified({name: (value or {}).get("value") for name, value in (device.get("capacity") or {}).items()}),
        )
        for item in slices
        for device in item["spec"].get("devices") or []
    ]
    return sorted(found, key=lambda device: device.id)


def allocations(claim: JSON | None) -> list[Allocation]:
    """What a claim has been given; empty when it is not allocated, or does not exist."""
    results = ((((claim or {}).get("status") or {}).get("allocation") or {}).get("devices") or {}).get("results") or []
    return [
        Allocation(
            request=str(result.get("request")), id=DeviceId(str(result.get("driver")), str(result.get("pool")), str(result.get("device")))
        )
        for result in results
    ]


def is_allocated(claim: JSON | None) -> bool:
    """Whether a claim is allocated; an allocation without devices counts."""
    return ((claim or {}).get("status") or {}).get("allocation") is not None


def free(available: Iterable[Device], claims: Iterable[JSON]) -> list[Device]:
    """The devices that no claim has.

    Claims with admin access do not take a device (KEP-5018). Shared counters of partitionable devices (KEP-4815) are not counted.
    """
    taken = {
        DeviceId(str(result.get("driver")), str(result.get("pool")), str(result.get("device")))
        for claim in claims
        for result in ((((claim.get("status") or {}).get("allocation")) or {}).get("devices") or {}).get("results") or []
        if not result.get("adminAccess")
    }
    return [device for device in available if device.id not in taken]


def pool_of(item: JSON) -> tuple[str, str]:
    """Driver and name of a slice's pool."""
    return str(item["spec"].get("driver")), str((item["spec"].get("pool") or {}).get("name"))


def generation_of(item: JSON) -> int:
    """Generation of a slice's pool."""
    return int((item["spec"].get("pool") or {}).get("generation") or 0)


def _attribute(value: JSON) -> JSON:
    return next((value[kind] for kind in _ATTRIBUTE_KINDS if kind in (value or {})), None)


def _unqualified(values: Mapping[str, JSON]) -> dict[str, JSON]:
    short: dict[str, JSON] = {}
    for name, value in sorted(values.items(), key=lambda pair: ("/" in pair[0], pair[0])):
        short.setdefault(name.rpartition("/")[2], value)
    return short
