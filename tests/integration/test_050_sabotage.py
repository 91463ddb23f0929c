# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Break one property of the lab: the right check must fail, for the right reason, and those that do not touch it must not.

A verifier that passes on a broken cluster is the worst fault that this project can have.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.standing import Lab

pytestmark = [pytest.mark.integration, pytest.mark.sabotage]

NAMESPACE = "nvidia-dra-driver-gpu"
DRIVER = "daemonset/simgpu-dra-driver"
DEVICE_CLASS = "gpu.nvidia.com"


@dataclass(frozen=True)
class Proof:
    """What a verification came to.

    Attributes:
        requirement: its verdict and reason.
        checks: by id, verdict and reason.
    """

    requirement: tuple[str, str]
    checks: dict[str, tuple[str, str]]
    leaked: list[Any]

    def with_verdict(self, verdict: str) -> set[str]:
        return {name for name, (found, _) in self.checks.items() if found == verdict}


def verify(lab: Lab) -> Proof:
    """Run the verification as a user does, and read what it wrote."""
    earlier = set(lab.runs.iterdir())
    play = lab.play("playbooks/verify.yml", variables={"conformance_requirements": ["dra_support"]}, expect=None)
    (run,) = set(lab.runs.iterdir()) - earlier
    document = json.loads((run / "run.json").read_text())
    (entry,) = document["requirements"]
    assert (play.status == 0) == (entry["verdict"] == "pass"), play.output[-4000:]
    results = [json.loads(path.read_text()) for path in sorted(run.glob("checks/*/result.json"))]
    return Proof(
        requirement=(entry["verdict"], entry["reason"]),
        checks={result["id"]: (result["verdict"], result["reason"]) for result in results},
        leaked=document["inventory"]["leaked"],
    )


def driver_ready(lab: Lab) -> None:
    lab.kubectl("-n", NAMESPACE, "rollout", "status", DRIVER, "--timeout=60s")
    lab.kubectl("wait", "--for=create", "--timeout=60s", "resourceslices", "-l", "ailab.conformance/simulated=true")


@contextmanager
def driver_stopped(lab: Lab) -> Iterator[None]:
    pool = {"ailab.conformance/gpu-pool": "nowhere"}
    before = lab.get("-n", NAMESPACE, DRIVER)["spec"]["template"]["spec"]["nodeSelector"]
    lab.kubectl("-n", NAMESPACE, "patch", DRIVER, "-p", json.dumps({"spec": {"template": {"spec": {"nodeSelector": pool}}}}))
    lab.kubectl("-n", NAMESPACE, "wait", "--for=delete", "--timeout=60s", "pod", "--all")
    try:
        yield
    finally:
        lab.kubectl("-n", NAMESPACE, "patch", DRIVER, "-p", json.dumps({"spec": {"template": {"spec": {"nodeSelector": before}}}}))
        driver_ready(lab)


@contextmanager
def another_device_prepared(lab: Lab) -> Iterator[None]:
    lab.kubectl("-n", NAMESPACE, "set", "env", DRIVER, "SIMGPU_FAULT=prepare-other-device")
    driver_ready(lab)
    try:
        yield
    finally:
        lab.kubectl("-n", NAMESPACE, "set", "env", DRIVER, "SIMGPU_FAULT=none")
        driver_ready(lab)


@contextmanager
def device_class_missing(lab: Lab) -> Iterator[None]:
    found = lab.get("deviceclass", DEVICE_CLASS)
    lab.kubectl("delete", "deviceclass", DEVICE_CLASS)
    try:
        yield
    finally:
        kept = {key: found["metadata"][key] for key in ("name", "labels") if key in found["metadata"]}
        lab.kubectl("apply", "-f", "-", stdin=json.dumps({**found, "metadata": kept}))


def test_a_sound_lab_is_proven_with_every_control_flipped(lab: Lab) -> None:
    proof = verify(lab)
    assert proof.requirement == ("pass", "all-passed")
    assert proof.with_verdict("pass") == set(proof.checks)
    assert len(proof.checks) == 10
    assert proof.leaked == []


def test_a_stopped_driver_is_caught(lab: Lab) -> None:
    with driver_stopped(lab):
        proof = verify(lab)
    assert proof.requirement[0] == "fail"
    assert proof.checks["DRA-03"][0] == "fail"
    assert proof.checks["DRA-03"][1] in {"driver-not-ready", "slice-missing"}
    assert proof.with_verdict("pass") >= {"DRA-01", "DRA-02", "DRA-10"}
    assert proof.with_verdict("pass").isdisjoint({"DRA-05", "DRA-07", "DRA-09"})
    assert proof.leaked == []


def test_a_driver_that_prepares_another_device_is_caught(lab: Lab) -> None:
    with another_device_prepared(lab):
        proof = verify(lab)
    assert proof.requirement[0] == "fail"
    assert proof.checks["DRA-05"] == ("fail", "device-mismatch")
    assert proof.with_verdict("pass") >= {"DRA-01", "DRA-02", "DRA-03", "DRA-04", "DRA-10"}
    assert proof.leaked == []


def test_a_missing_device_class_is_caught(lab: Lab) -> None:
    with device_class_missing(lab):
        proof = verify(lab)
    assert proof.requirement[0] == "fail"
    assert proof.checks["DRA-05"] == ("fail", "device-class-missing")
    assert proof.with_verdict("fail") == {"DRA-05"}
    assert proof.with_verdict("pass") >= {"DRA-01", "DRA-02", "DRA-10"}
    assert proof.leaked == []


def test_the_lab_is_sound_again_after_all_that(lab: Lab) -> None:
    assert verify(lab).requirement == ("pass", "all-passed")
