# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DRA-03 and DRA-04: what the driver publishes, and where it runs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Side, Verdict

JSON = Any


def verdict(recording: Any) -> tuple[Verdict, str]:
    found = recording.judged()
    return found.verdict, found.reason


def test_a_node_without_slice_is_named(recorded: Any) -> None:
    assert "synthetic-node-without-slice" in recorded("DRA-03", side=Side.CONTROL).judged().sentence


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda slices: slices.clear(), "slice-missing"),
        (lambda slices: slices[0]["spec"].update(devices=[]), "slice-missing"),
        (lambda slices: slices[0]["spec"].update(nodeName="somewhere-else"), "slice-missing"),
        (lambda slices: slices[0]["spec"]["pool"].update(resourceSliceCount=2), "pool-incomplete"),
        (lambda slices: slices[0]["spec"]["pool"].update(resourceSliceCount=0), "pool-incomplete"),
        (
            lambda slices: slices.append(
                {**slices[0], "spec": {**slices[0]["spec"], "pool": {**slices[0]["spec"]["pool"], "generation": 9}}}
            ),
            "pool-incomplete",
        ),
        (lambda slices: slices[0]["spec"]["devices"].append(slices[0]["spec"]["devices"][0]), "pool-incomplete"),
    ],
)
def test_dra_03_slices(recorded: Any, edit: Any, reason: str) -> None:
    assert verdict(recorded("DRA-03").edited("slices", edit)) == (Verdict.FAIL, reason)


def _pods(edit: Any) -> Any:
    def every(drivers: JSON) -> None:
        for pod in drivers["pods"]:
            edit(pod)

    return every


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda drivers: drivers.update(daemon_sets=[], pods=[]), "driver-missing"),
        (lambda drivers: drivers.update(pods=[]), "driver-not-ready"),
        (_pods(lambda pod: pod["status"].update(conditions=[{"type": "Ready", "status": "False"}])), "driver-not-ready"),
        (_pods(lambda pod: pod["status"].update(conditions=[])), "driver-not-ready"),
        (_pods(lambda pod: pod["metadata"].update(deletionTimestamp="2026-11-22T05:30:00Z")), "driver-not-ready"),
        (_pods(lambda pod: pod["metadata"].update(ownerReferences=[])), "driver-not-ready"),
        (_pods(lambda pod: pod["spec"].update(nodeName="somewhere-else")), "driver-not-ready"),
    ],
)
def test_dra_03_a_daemon_set_that_wants_no_pod_is_not_healthy(recorded: Any, edit: Any, reason: str) -> None:
    assert verdict(recorded("DRA-03").edited("drivers", edit)) == (Verdict.FAIL, reason)


def test_dra_03_two_allocators_on_one_node_are_not_decided(recorded: Any) -> None:
    def plug(nodes: JSON) -> None:
        for node in nodes:
            node["status"]["allocatable"]["nvidia.com/gpu"] = "2"

    assert verdict(recorded("DRA-03").edited("nodes", plug)) == (Verdict.INCONCLUSIVE, "two-allocators")


def test_dra_03_accelerators_that_nobody_serves_are_found_out(recorded: Any) -> None:
    def stopped(nodes: JSON) -> None:
        plugin = next(node for node in nodes if "plugin" in node["metadata"]["name"])
        plugin["status"]["allocatable"]["nvidia.com/gpu"] = "0"

    found = recorded("DRA-03").edited("nodes", stopped).judged()
    assert (found.verdict, found.reason) == (Verdict.FAIL, "slice-missing")
    assert "lab-gpu-plugin-0" in found.sentence


def test_dra_03_without_labels_nobody_knows_what_is_missing(recorded: Any) -> None:
    assert verdict(recorded("DRA-03").edited("nodes", lambda nodes: nodes.clear())) == (Verdict.INCONCLUSIVE, "nodes-not-labelled")


def test_dra_03_without_any_accelerator_is_not_run(recorded: Any) -> None:
    nothing = recorded("DRA-03").edited("nodes", lambda nodes: nodes.clear()).edited("slices", lambda slices: slices.clear())
    assert verdict(nothing) == (Verdict.NOT_RUN, "no-accelerators")


def test_dra_03_with_device_plugins_only_is_not_run(recorded: Any) -> None:
    def plug(nodes: JSON) -> None:
        for node in nodes:
            node["status"]["allocatable"]["nvidia.com/gpu"] = "2"

    assert verdict(recorded("DRA-03").edited("nodes", plug).edited("slices", lambda slices: slices.clear())) == (
        Verdict.NOT_RUN,
        "no-accelerators",
    )


@pytest.mark.parametrize("name", ["uuid", "productName", "driverVersion"])
@pytest.mark.parametrize("value", [None, {}, {"string": ""}, {"int": 0}])
def test_dra_04_needs_every_attribute(recorded: Any, name: str, value: JSON) -> None:
    def spoil(slices: JSON) -> None:
        slices[0]["spec"]["devices"][1]["attributes"][name] = value

    assert verdict(recorded("DRA-04").edited("slices", spoil)) == (Verdict.FAIL, "attribute-missing")


@pytest.mark.parametrize("memory", [None, {}, {"value": "0"}, {"value": "much"}, {"value": ""}, {"value": 80}])
def test_dra_04_needs_an_amount_of_memory(recorded: Any, memory: JSON) -> None:
    def spoil(slices: JSON) -> None:
        slices[0]["spec"]["devices"][0]["capacity"]["memory"] = memory

    assert verdict(recorded("DRA-04").edited("slices", spoil)) == (Verdict.FAIL, "attribute-missing")


def test_dra_04_two_devices_of_one_uuid_are_found_out(recorded: Any) -> None:
    def twin(slices: JSON) -> None:
        first, second = slices[0]["spec"]["devices"]
        second["attributes"]["uuid"] = first["attributes"]["uuid"]

    assert verdict(recorded("DRA-04").edited("slices", twin)) == (Verdict.FAIL, "uuid-not-unique")


def test_dra_04_qualified_names_count(recorded: Any) -> None:
    def qualify(slices: JSON) -> None:
        for device in slices[0]["spec"]["devices"]:
            device["attributes"]["gpu.nvidia.com/uuid"] = device["attributes"].pop("uuid")

    assert verdict(recorded("DRA-04").edited("slices", qualify))[0] is Verdict.PASS


def test_dra_04_an_empty_slice_is_no_device(recorded: Any) -> None:
    assert verdict(recorded("DRA-04").edited("slices", lambda slices: slices[0]["spec"].update(devices=None))) == (
        Verdict.NOT_RUN,
        "no-devices",
    )
