# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices and claims of dynamic resource allocation (resource.k8s.io/v1, KEP-4381), as far as a count of devices goes.

Of CEL only conjunctions of equalities over driver and attributes are understood. A claim that says more is not decided: the stand-in then
does nothing and says so, where the real autoscaler would ask the scheduler's own code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lab.machines.kube import JSON

Value = str | int | bool

_LITERAL = r"""(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<bare>true|false|-?[0-9]+))"""
_DRIVER = re.compile(rf"device\.driver\s*==\s*{_LITERAL}")
_ATTRIBUTE = re.compile(rf"""device\.attributes\[['"](?P<domain>[^'"]+)['"]\]\.(?P<name>\w+)\s*==\s*{_LITERAL}""")


class UndecidedError(Exception):
    """The stand-in does not understand what is asked for; the message says what."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device of a node.

    Attributes:
        key: driver, pool and name; empty for one that is to come.
        attributes: with their domain: ``gpu.nvidia.com/type``.
    """

    driver: str
    attributes: Mapping[str, Value]
    key: tuple[str, str, str] = ("", "", "")


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """So many devices of which each property has that value; ``driver`` is a property too.

    Attributes:
        claim: namespace/name, or the pod's own: pods that share a claim share its devices.
    """

    claim: str
    count: int
    wanted: Mapping[str, Value] = field(default_factory=dict)

    def matches(self, device: Device) -> bool:
        """Whether a device will do."""
        return all((device.driver if name == "driver" else device.attributes.get(name)) == value for name, value in self.wanted.items())


def devices_of(slices: Sequence[JSON]) -> Iterator[tuple[str, Device]]:
    """The devices that the slices publish, each with its node's name; those of no single node are left out."""
    for entry in slices:
        spec = entry["spec"]
        if not spec.get("nodeName"):
            continue
        for device in spec.get("devices") or ():
            attributes = {_qualified(name, spec["driver"]): _value(value) for name, value in (device.get("attributes") or {}).items()}
            key = (spec["driver"], spec["pool"]["name"], device["name"])
            yield spec["nodeName"], Device(driver=spec["driver"], attributes=attributes, key=key)


def allocated(claims: Sequence[JSON]) -> set[tuple[str, str, str]]:
    """The keys of the devices that claims hold."""
    results = (result for claim in claims for result in _results(claim))
    return {(result["driver"], result["pool"], result["device"]) for result in results}


def requests(claim: str, spec: JSON, classes: Mapping[str, JSON]) -> Iterator[DeviceRequest]:
    """What a claim's spec asks for.

    Raises:
        UndecidedError: it asks in a way that the stand-in does not understand.
    """
    for request in (spec.get("devices") or {}).get("requests") or ():
        exactly = request.get("exactly")
        if exactly is None:
            raise UndecidedError(f"request {request['name']} of claim {claim} offers alternatives")
        if exactly.get("allocationMode", "ExactCount") != "ExactCount":
            raise UndecidedError(f"request {request['name']} of claim {claim} asks for all devices")
        known = classes.get(exactly["deviceClassName"])
        if known is None:
            raise UndecidedError(f"device class {exactly['deviceClassName']} of claim {claim} does not exist")
        selectors = [*((known.get("spec") or {}).get("selectors") or ()), *(exactly.get("selectors") or ())]
        wanted: dict[str, Value] = {}
        for name, value in (term for selector in selectors for term in _terms(selector["cel"]["expression"])):
            if wanted.setdefault(name, value) != value:
                raise UndecidedError(f"claim {claim} wants {name} to be {wanted[name]!r} and {value!r}")
        yield DeviceRequest(claim=claim, count=exactly.get("count", 1), wanted=wanted)


def is_allocated(claim: JSON) -> bool:
    """Whether a claim holds devices already."""
    return bool((claim.get("status") or {}).get("allocation"))


def _results(claim: JSON) -> list[JSON]:
    allocation = (claim.get("status") or {}).get("allocation") or {}
    results: list[JSON] = (allocation.get("devices") or {}).get("results") or []
    return results


def _terms(expression: str) -> Iterator[tuple[str, Value]]:
    for part in expression.split("&&"):
        text = part.strip()
        if match := _DRIVER.fullmatch(text):
            yield "driver", _literal(match)
        elif match := _ATTRIBUTE.fullmatch(text):
            yield f"{match['domain']}/{match['name']}", _literal(match)
        else:
            raise UndecidedError(f"the stand-in does not evaluate the selector {text!r}")


def _literal(match: re.Match[str]) -> Value:
    if (bare := match["bare"]) is not None:
        return bare == "true" if bare in ("true", "false") else int(bare)
    return match["single"] if match["single"] is not None else match["double"]


def _qualified(name: str, driver: str) -> str:
    return name if "/" in name else f"{driver}/{name}"


def _value(value: JSON) -> Value:
    found: Value = next(iter(value.values()))
    return found
