# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What objects of Gateway API lack to serve requests. Pure functions over the JSON of the API.

Source: Gateway API reference, gateway.networking.k8s.io/v1 (status of GatewayClass, Gateway and routes), GEP-713 (status of policies).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .conditions import Lack, lack_of_condition

JSON = Any


def gateway_class(item: JSON) -> Lack:
    """A controller has taken it."""
    return lack_of_condition(item.get("status", {}).get("conditions", []), "Accepted", generation=_generation(item))


def gateway(item: JSON) -> Lack:
    """It has a data plane and an address, and every listener what it refers to."""
    return next(_gateway_lacks(item), None)


def route(item: JSON) -> Lack:
    """Every gateway that it wants to join has let it in, and all its backends were found."""
    return next(_route_lacks(item), None)


def policy(item: JSON) -> Lack:
    """It was accepted wherever it is attached."""
    ancestors = item.get("status", {}).get("ancestors", [])
    if not ancestors:
        return "attached nowhere yet"
    lacks = (lack_of_condition(entry.get("conditions", []), "Accepted", generation=_generation(item)) for entry in ancestors)
    return next((lack for lack in lacks if lack), None)


def _gateway_lacks(item: JSON) -> Iterator[str]:
    status, generation = item.get("status", {}), _generation(item)
    for name in ("Accepted", "Programmed"):
        if lack := lack_of_condition(status.get("conditions", []), name, generation=generation):
            yield lack
    listeners = {entry["name"]: entry for entry in status.get("listeners", [])}
    for wanted in item["spec"]["listeners"]:
        conditions = listeners.get(wanted["name"], {}).get("conditions", [])
        for name in ("ResolvedRefs", "Programmed"):
            if lack := lack_of_condition(conditions, name, generation=generation):
                yield f"listener {wanted['name']}: {lack}"
    if not status.get("addresses"):
        yield "no address yet"


def _route_lacks(item: JSON) -> Iterator[str]:
    parents = item.get("status", {}).get("parents", [])
    for wanted in item["spec"].get("parentRefs", []):
        ours = [entry for entry in parents if _is_parent(entry["parentRef"], wanted)]
        if not ours:
            yield f"Gateway {wanted['name']} has not looked at it yet"
        for entry in ours:
            for name in ("Accepted", "ResolvedRefs"):
                if lack := lack_of_condition(entry.get("conditions", []), name, generation=_generation(item)):
                    yield f"at Gateway {wanted['name']}: {lack}"


def _is_parent(found: JSON, wanted: JSON) -> bool:
    return all(found.get(key) == wanted.get(key) for key in ("name", "namespace", "sectionName", "port"))


def _generation(item: JSON) -> int:
    return int(item["metadata"].get("generation", 0))
