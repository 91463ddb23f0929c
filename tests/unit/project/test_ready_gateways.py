# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What objects of Gateway API lack to serve requests."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._ready.predicates import lack_of

JSON = Any


def _true(*names: str, generation: int = 2) -> list[JSON]:
    return [{"type": name, "status": "True", "observedGeneration": generation} for name in names]


GATEWAY: JSON = {
    "kind": "Gateway",
    "metadata": {"name": "g", "generation": 2},
    "spec": {"listeners": [{"name": "http"}, {"name": "https"}]},
    "status": {
        "addresses": [{"value": "10.0.0.1"}],
        "conditions": _true("Accepted", "Programmed"),
        "listeners": [{"name": name, "conditions": _true("ResolvedRefs", "Programmed")} for name in ("http", "https")],
    },
}
ROUTE: JSON = {
    "kind": "HTTPRoute",
    "metadata": {"name": "r", "generation": 2},
    "spec": {"parentRefs": [{"name": "g", "namespace": "gw"}]},
    "status": {"parents": [{"parentRef": {"name": "g", "namespace": "gw"}, "conditions": _true("Accepted", "ResolvedRefs")}]},
}


@pytest.mark.parametrize("item", [GATEWAY, ROUTE], ids=["Gateway", "HTTPRoute"])
def test_one_that_serves_lacks_nothing(item: JSON) -> None:
    assert lack_of(item) is None


@pytest.mark.parametrize("item", [GATEWAY, ROUTE], ids=["Gateway", "HTTPRoute"])
def test_what_was_said_of_an_older_generation_does_not_count(item: JSON) -> None:
    changed = deepcopy(item)
    changed["metadata"]["generation"] = 3
    assert "older generation" in str(lack_of(changed))


def test_a_gateway_needs_a_data_plane_an_address_and_all_its_listeners() -> None:
    waiting, homeless, broken = deepcopy(GATEWAY), deepcopy(GATEWAY), deepcopy(GATEWAY)
    waiting["status"]["conditions"] = _true("Accepted")
    homeless["status"]["addresses"] = []
    broken["status"]["listeners"][1]["conditions"][0] |= {"status": "False", "reason": "InvalidCertificateRef", "message": "no Secret"}
    assert lack_of(waiting) == "no condition Programmed yet"
    assert lack_of(homeless) == "no address yet"
    assert lack_of(broken) == "listener https: condition ResolvedRefs is False (InvalidCertificateRef: no Secret)"


def test_a_listener_that_no_status_tells_of_is_not_ready() -> None:
    new = deepcopy(GATEWAY)
    new["status"]["listeners"].pop()
    assert lack_of(new) == "listener https: no condition ResolvedRefs yet"


def test_a_route_needs_its_gateway_and_its_backends() -> None:
    other, lost = deepcopy(ROUTE), deepcopy(ROUTE)
    other["status"]["parents"][0]["parentRef"]["name"] = "h"
    lost["status"]["parents"][0]["conditions"][1] |= {"status": "False", "reason": "BackendNotFound", "message": "no Service"}
    assert lack_of(other) == "Gateway g has not looked at it yet"
    assert lack_of(lost) == "at Gateway g: condition ResolvedRefs is False (BackendNotFound: no Service)"


def test_a_class_and_a_policy_must_be_accepted() -> None:
    accepted = {"kind": "GatewayClass", "metadata": {"name": "c", "generation": 2}, "status": {"conditions": _true("Accepted")}}
    unknown = {"kind": "GatewayClass", "metadata": {"name": "c", "generation": 1}}
    attached = {"kind": "EnvoyExtensionPolicy", "metadata": {"name": "p"}, "status": {"ancestors": [{"conditions": _true("Accepted")}]}}
    loose = {"kind": "EnvoyExtensionPolicy", "metadata": {"name": "p"}}
    assert lack_of(accepted) is None
    assert lack_of(unknown) == "no condition Accepted yet"
    assert lack_of(attached) is None
    assert lack_of(loose) == "attached nowhere yet"
