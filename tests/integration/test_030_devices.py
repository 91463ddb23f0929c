# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets a device is decided by the real kernel."""

from __future__ import annotations

import pytest

from tests.integration.standing import Lab
from tests.integration.workloads import Workload, claim, pod

pytestmark = pytest.mark.integration


def uuids(text: str) -> set[str]:
    """The device ids in what ``nvidia-smi -L`` prints."""
    return {line.split("UUID: ")[1].rstrip(")") for line in text.splitlines() if "UUID: " in line}


def test_a_claim_s_pod_sees_the_allocated_device_and_no_other(lab: Lab) -> None:
    with Workload(lab, claim("one"), pod("holder", "sleep 600", claim="one")):
        (result,) = lab.get("resourceclaim", "one")["status"]["allocation"]["devices"]["results"]
        slices = lab.get("resourceslices")["items"]
        devices = {
            device["name"]: device
            for found in slices
            if found["spec"]["pool"]["name"] == result["pool"]
            for device in found["spec"]["devices"]
        }
        allocated = devices[result["device"]]["attributes"]["uuid"]["string"]
        said = lab.kubectl("exec", "holder", "--", "nvidia-smi", "-L")
        assert uuids(said) == {allocated}
        assert "SIMULATED" in said
        minor = int(result["device"].rsplit("-", 1)[1])
        other = 1 - minor
        tried = lab.kubectl("exec", "holder", "--", "sh", "-c", f"mknod /tmp/n c 195 {other}; cat /tmp/n", expect=1)
        assert "Operation not permitted" in tried
        own = lab.kubectl("exec", "holder", "--", "sh", "-c", f"cat /dev/nvidia{minor}", expect=1)
        assert "No such device or address" in own


def test_the_same_image_on_the_same_node_sees_none_without_a_claim(lab: Lab) -> None:
    with Workload(lab, pod("bystander", "sleep 600", node=lab.node("gpu-dra"))):
        assert "not found" in lab.kubectl("exec", "bystander", "--", "sh", "-c", "nvidia-smi -L", expect=127)
        assert "No such file" in lab.kubectl("exec", "bystander", "--", "sh", "-c", "ls /dev/nvidia0", expect=1)
        tried = lab.kubectl("exec", "bystander", "--", "sh", "-c", "mknod /tmp/n c 195 0 && cat /tmp/n", expect=1)
        assert "Operation not permitted" in tried


def test_a_plugin_node_hands_out_whole_devices(lab: Lab) -> None:
    manifest = pod("plugged", "sleep 600", node=lab.node("gpu-plugin"))
    manifest["spec"]["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": "1"}}
    with Workload(lab, manifest):
        assert len(uuids(lab.kubectl("exec", "plugged", "--", "nvidia-smi", "-L"))) == 1


def test_everything_simulated_says_so(lab: Lab) -> None:
    mark = "ailab.conformance/simulated"
    nodes = [node for node in lab.get("nodes")["items"] if "gpu" in node["metadata"]["name"]]
    assert nodes
    assert all(node["metadata"]["labels"][mark] == "true" for node in nodes)
    devices = [device for found in lab.get("resourceslices")["items"] for device in found["spec"]["devices"]]
    assert devices
    assert all(
        device["attributes"]["simulated"]["bool"] and device["attributes"]["productName"]["string"].startswith("SIMULATED")
        for device in devices
    )
