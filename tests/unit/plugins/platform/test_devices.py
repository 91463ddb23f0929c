# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices, who has them, and which driver a class means."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.devices import (
    DeviceId,
    allocations,
    current,
    devices,
    drivers_of,
    free,
    is_allocated,
)
from ansible_collections.ailab.conformance.plugins.module_utils._platform.drivers import registers_driver

JSON = Any


def piece(pool: str = "p", *, generation: int = 1, names: tuple[str, ...] = ("a",), driver: str = "d") -> JSON:
    return {
        "metadata": {"name": f"{pool}-{generation}"},
        "spec": {
            "driver": driver,
            "nodeName": "n",
            "pool": {"name": pool, "generation": generation},
            "devices": [{"name": name} for name in names],
        },
    }


def claim(*results: JSON) -> JSON:
    return {"status": {"allocation": {"devices": {"results": list(results)}}}}


def result(device: str, **extra: JSON) -> JSON:
    return {"request": "gpu", "driver": "d", "pool": "p", "device": device, **extra}


@pytest.mark.parametrize(
    ("expressions", "drivers"),
    [
        (['device.driver == "gpu.nvidia.com"'], {"gpu.nvidia.com"}),
        (["device.driver=='gpu.nvidia.com' && device.attributes['gpu.nvidia.com'].type == 'gpu'"], {"gpu.nvidia.com"}),
        (['device.driver == "a"', 'device.driver == "b"'], {"a", "b"}),
        (["true"], {"the-class"}),
        ([], {"the-class"}),
    ],
)
def test_a_class_names_its_drivers(expressions: list[str], drivers: set[str]) -> None:
    selectors = [{"cel": {"expression": expression}} for expression in expressions]
    assert drivers_of({"metadata": {"name": "the-class"}, "spec": {"selectors": selectors}}) == drivers


def test_only_the_newest_generation_of_a_pool_counts() -> None:
    old, new, other = piece(generation=1), piece(generation=2, names=("b",)), piece("q", generation=1)
    assert current([old, new, other]) == [new, other]


def test_a_device_that_a_claim_has_is_not_free() -> None:
    found = free(devices([piece(names=("a", "b", "c"))]), [claim(result("a")), claim(), {}, claim(result("b", adminAccess=True))])
    assert [device.id.device for device in found] == ["b", "c"]


def test_the_same_name_in_another_pool_is_another_device() -> None:
    assert len(free(devices([piece(), piece("q")]), [claim(result("a"))])) == 1


def test_domains_are_cut_off_and_the_plain_name_wins() -> None:
    item = piece()
    item["spec"]["devices"][0]["attributes"] = {
        "other.com/uuid": {"string": "theirs"},
        "uuid": {"string": "mine"},
        "x/version": {"version": "1.2.3"},
    }
    device = devices([item])[0]
    assert device.uuid == "mine"
    assert device.attributes["version"] == "1.2.3"


@pytest.mark.parametrize("item", [None, {}, {"status": {}}, {"status": {"allocation": None}}])
def test_an_unallocated_claim_has_nothing(item: JSON) -> None:
    assert allocations(item) == []
    assert not is_allocated(item)


def test_an_allocation_without_devices_is_one() -> None:
    assert is_allocated({"status": {"allocation": {}}})


def test_ids_read_as_paths() -> None:
    assert str(DeviceId("d", "p", "x")) == "d/p/x"


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["/var/lib/kubelet/plugins_registry", "/var/run/cdi"], True),
        (["/var/lib/kubelet/plugins_registry/", "/etc/cdi/"], True),
        (["/var/lib/kubelet/plugins_registry", "/dev"], False),
        (["/var/lib/kubelet/plugins", "/var/run/cdi"], False),
        ([], False),
    ],
)
def test_a_dra_driver_is_known_by_what_it_mounts(paths: list[str], *, found: bool) -> None:
    volumes = [{"hostPath": {"path": path}} for path in paths] + [{"emptyDir": {}}]
    assert registers_driver({"spec": {"template": {"spec": {"volumes": volumes}}}}) is found
