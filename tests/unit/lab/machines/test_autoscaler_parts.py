# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the autoscaler stand-in reads: amounts, durations, devices, claims, pods, leases."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from lab.machines.autoscaler.devices import Device, UndecidedError, allocated, devices_of, requests
from lab.machines.autoscaler.lease import holder
from lab.machines.autoscaler.quantities import quantity, seconds
from lab.machines.autoscaler.rooms import Demand, Room, pod_resources

from .builders import pod

GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
CLASS = "device.driver == 'gpu.nvidia.com' && device.attributes['gpu.nvidia.com'].type == 'gpu'"
CLASSES = {"gpu.nvidia.com": {"spec": {"selectors": [{"cel": {"expression": CLASS}}]}}}


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("2", 2),
        (3, 3),
        ("500m", Fraction(1, 2)),
        ("1.5", Fraction(3, 2)),
        ("4Gi", 4 * 2**30),
        ("1k", 1000),
        ("1e3", 1000),
        ("100n", Fraction(1, 10**7)),
    ],
)
def test_quantities(text: str | int, amount: Fraction) -> None:
    assert quantity(text) == amount


@pytest.mark.parametrize("text", ["", "x", "1 Gi", "1Xi", "Gi"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="no quantity"):
        quantity(text)


def test_durations() -> None:
    assert [seconds(text) for text in ("30s", "2m", "2m30s", "1h", "500ms")] == [30, 120, 150, 3600, 0.5]
    for text in ("", "5", "m", "2 m"):
        with pytest.raises(ValueError, match="no duration"):
            seconds(text)


def claim(**exactly: Any) -> dict[str, Any]:
    return {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "gpu.nvidia.com", **exactly}}]}}


def selector(expression: str) -> list[dict[str, Any]]:
    return [{"cel": {"expression": expression}}]


GPU = Device("gpu.nvidia.com", {"gpu.nvidia.com/type": "gpu", "gpu.nvidia.com/productName": "H100", "gpu.nvidia.com/index": 0})


@pytest.mark.parametrize(
    ("exactly", "matches"),
    [
        ({}, True),
        ({"count": 2}, True),
        ({"selectors": selector("device.attributes['gpu.nvidia.com'].productName == 'H100'")}, True),
        ({"selectors": selector('device.attributes["gpu.nvidia.com"].productName == "A100"')}, False),
        ({"selectors": selector("device.attributes['gpu.nvidia.com'].index == 0")}, True),
        ({"selectors": selector("device.attributes['gpu.nvidia.com'].index == 1")}, False),
        ({"selectors": selector("device.attributes['gpu.nvidia.com'].missing == true")}, False),
    ],
)
def test_claims_that_are_understood(exactly: dict[str, Any], *, matches: bool) -> None:
    (request,) = requests("default/c", claim(**exactly), CLASSES)
    assert request.count == exactly.get("count", 1)
    assert request.matches(GPU) is matches


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (claim(allocationMode="All"), "asks for all devices"),
        (claim(deviceClassName="other"), "device class other of claim default/c does not exist"),
        (
            claim(selectors=selector("device.capacity['gpu.nvidia.com'].memory.compareTo(quantity('40Gi')) >= 0")),
            "does not evaluate the selector",
        ),
        (claim(selectors=selector("device.driver == 'a' || true")), "does not evaluate the selector"),
        (claim(selectors=selector("device.driver == 'other'")), "wants driver to be"),
        ({"devices": {"requests": [{"name": "r", "firstAvailable": []}]}}, "offers alternatives"),
    ],
)
def test_claims_that_are_left_to_others(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(UndecidedError, match=message):
        list(requests("default/c", spec, CLASSES))


def test_devices_are_read_from_slices_and_claims() -> None:
    device = {"name": "gpu-0", "attributes": {"type": {"string": "gpu"}, "other.io/x": {"int": 1}}}
    spec = {"driver": "gpu.nvidia.com", "pool": {"name": "n"}, "nodeName": "n", "devices": [device]}
    ((node, found),) = devices_of([{"spec": spec}, {"spec": {**spec, "nodeName": None}}])
    assert (node, found.attributes) == ("n", {"gpu.nvidia.com/type": "gpu", "other.io/x": 1})
    result = {"driver": "gpu.nvidia.com", "pool": "n", "device": "gpu-0"}
    assert allocated([{"status": {"allocation": {"devices": {"results": [result]}}}}, {}]) == {found.key}


def test_a_pod_asks_for_its_hungriest_moment() -> None:
    containers = [
        {"resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2", "nvidia.com/gpu": "1"}}},
        {"resources": {"requests": {"cpu": "500m"}}},
    ]
    steps = [
        {"restartPolicy": "Always", "resources": {"requests": {"cpu": "250m"}}},
        {"resources": {"requests": {"cpu": "3"}}},
    ]
    asked = pod("p", containers=containers, initContainers=steps, overhead={"memory": "1Ki"})
    assert pod_resources(asked) == {"cpu": Fraction(13, 4), "nvidia.com/gpu": 1, "memory": 1024, "pods": 1}


def room(**more: Any) -> Room:
    free = {"cpu": Fraction(4), "pods": Fraction(10), "nvidia.com/gpu": Fraction(1)}
    return Room(**{"node": "n", "group": "g", "labels": {"pool": "gpu", "gen": "5"}, "taints": (), "free": free, **more})


def demand(**spec: Any) -> Demand:
    wanted = pod("p", **spec)
    return Demand("default/p", wanted, pod_resources(wanted))


def affinity(**expression: Any) -> dict[str, Any]:
    terms = [{"matchExpressions": [expression]}]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


@pytest.mark.parametrize(
    ("found", "spec", "reason"),
    [
        (room(), {}, ""),
        (room(), {"requests": {"cpu": "5"}}, "Insufficient cpu"),
        (room(), {"requests": {"nvidia.com/gpu": "2"}}, "Insufficient nvidia.com/gpu"),
        (room(), {"requests": {"amd.com/gpu": "1"}}, "Insufficient amd.com/gpu"),
        (room(taints=[GPU_TAINT]), {}, "node(s) had untolerated taint(s)"),
        (room(taints=[{**GPU_TAINT, "effect": "PreferNoSchedule"}]), {}, ""),
        (room(taints=[GPU_TAINT]), {"tolerations": [{"operator": "Exists"}]}, ""),
        (room(taints=[GPU_TAINT]), {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]}, ""),
        (room(taints=[GPU_TAINT]), {"tolerations": [{"key": "nvidia.com/gpu", "value": "present"}]}, ""),
        (room(taints=[GPU_TAINT]), {"tolerations": [{"key": "nvidia.com/gpu", "value": "x"}]}, "node(s) had untolerated taint(s)"),
        (room(taints=[GPU_TAINT]), {"tolerations": [{"operator": "Exists", "effect": "NoExecute"}]}, "node(s) had untolerated taint(s)"),
        (room(), {"nodeSelector": {"pool": "gpu"}}, ""),
        (room(), {"nodeSelector": {"pool": "cpu"}}, "node(s) didn't match Pod's node affinity/selector"),
        (room(), {"affinity": affinity(key="pool", operator="In", values=["gpu"])}, ""),
        (room(), {"affinity": affinity(key="pool", operator="NotIn", values=["gpu"])}, "node(s) didn't match Pod's node affinity/selector"),
        (room(), {"affinity": affinity(key="none", operator="DoesNotExist")}, ""),
        (room(), {"affinity": affinity(key="gen", operator="Gt", values=["4"])}, ""),
        (room(), {"affinity": affinity(key="gen", operator="Lt", values=["4"])}, "node(s) didn't match Pod's node affinity/selector"),
    ],
)
def test_whether_a_pod_fits(found: Room, spec: dict[str, Any], reason: str) -> None:
    assert found.refusal(demand(**spec)) == reason


def test_devices_are_taken_once_and_shared_within_a_claim() -> None:
    (request,) = requests("default/c", claim(), CLASSES)
    (other,) = requests("default/d", claim(), CLASSES)
    one = Demand("a", pod("a"), {}, (request,))
    found = room(devices=(GPU,))
    left = found.with_pod(one)
    assert left.devices == ()
    assert left.refusal(Demand("b", pod("b"), {}, (request,))) == ""
    assert left.refusal(Demand("c", pod("c"), {}, (other,))) == "cannot allocate all claims"


@pytest.mark.parametrize(
    ("lease", "expected"),
    [
        (None, ""),
        ({"spec": {}}, ""),
        ({"spec": {"holderIdentity": "a", "leaseDurationSeconds": 15, "renewTime": "2026-01-01T00:00:00.000000Z"}}, "a"),
        ({"spec": {"holderIdentity": "a", "leaseDurationSeconds": 5, "renewTime": "2026-01-01T00:00:00.000000Z"}}, ""),
        ({"spec": {"holderIdentity": "", "leaseDurationSeconds": 15, "renewTime": "2026-01-01T00:00:00.000000Z"}}, ""),
    ],
)
def test_who_holds_a_lease(lease: dict[str, Any] | None, expected: str) -> None:
    assert holder(lease, now=datetime(2026, 1, 1, 0, 0, 10, tzinfo=UTC)) == expected
