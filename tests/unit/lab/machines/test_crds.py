# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of machines, as cluster-autoscaler and people find them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lab.machines.crds import definitions

KINDS = {definition["spec"]["names"]["kind"]: definition for definition in definitions()}


def version(kind: str) -> dict[str, Any]:
    (only,) = KINDS[kind]["spec"]["versions"]
    return dict(only)


def schemas(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from schemas(part, f"{path}.{name}")
    if "items" in schema:
        yield from schemas(schema["items"], f"{path}[]")


@pytest.mark.parametrize("kind", ["MachineDeployment", "MachineSet"])
def test_sizes_are_read_and_set_by_the_scale_subresource(kind: str) -> None:
    assert version(kind)["subresources"] == {
        "status": {},
        "scale": {
            "specReplicasPath": ".spec.replicas",
            "statusReplicasPath": ".status.replicas",
            "labelSelectorPath": ".status.labelSelector",
        },
    }


@pytest.mark.parametrize("kind", ["MachineDeployment", "MachineSet", "Machine"])
def test_every_field_has_a_type(kind: str) -> None:
    assert version(kind)["name"] == "v1alpha1"
    assert "status" in version(kind)["subresources"]
    untyped = [
        path
        for path, schema in schemas(version(kind)["schema"]["openAPIV3Schema"])
        if "type" not in schema and not schema.get("x-kubernetes-int-or-string")
    ]
    assert untyped == []


def test_a_machine_can_hold_what_its_deployment_asks_for() -> None:
    asked = version("MachineDeployment")["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["template"]
    machine = version("Machine")["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert asked["properties"]["spec"] == machine
