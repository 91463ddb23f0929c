# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DRA-05 to DRA-09: what a broken platform could do to pods with claims, and still look well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Side, Verdict

JSON = Any

UNSCHEDULABLE = "0/3 nodes are available: 1 cannot allocate all claims, 2 node(s) had untolerated taint {nvidia.com/gpu: present}."


def verdict(recording: Any) -> tuple[Verdict, str]:
    found = recording.judged()
    return found.verdict, found.reason


def refuse(words: str = UNSCHEDULABLE) -> Callable[[JSON], None]:
    """Makes a recorded pod one that the scheduler has refused."""

    def edit(workload: JSON) -> None:
        workload["pod"]["spec"].pop("nodeName", None)
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": words}
        workload["pod"]["status"] = {"phase": "Pending", "conditions": [condition]}
        for claim in workload["claims"]:
            claim["status"] = {}

    return edit


def stuck(reason: str = "", *, event: str = "", message: str = "because") -> Callable[[JSON], None]:
    """Makes a recorded pod one that is placed and does not start."""

    def edit(workload: JSON) -> None:
        waiting = {"name": "probe", "state": {"waiting": {"reason": reason or "ContainerCreating"}}}
        workload["pod"]["status"] = {"phase": "Pending", "containerStatuses": [waiting]}
        if event:
            workload["events"].append({"type": "Warning", "reason": event, "message": message})

    return edit


def output(text: str, *, code: int = 0) -> Callable[[JSON], None]:
    return lambda executed: executed.update(stdout=text, exit_code=code)


def free(count: int) -> Callable[[JSON], None]:
    return lambda devices: devices.update(free=count)


# DRA-05


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("GPU 0: X (UUID: GPU-other)\n", 0, "device-mismatch"),
        ("GPU 0: X (UUID: gpu-6EC2b866)\n", 0, "device-mismatch"),
        ("", 0, "device-not-visible"),
        ("GPU 0: X (UU", 0, "device-not-visible"),
        ("No devices found.\n", 6, "device-not-visible"),
        ("sh: nvidia-smi: not found\n", 127, "device-not-visible"),
    ],
)
def test_dra_05_the_pod_must_see_the_allocated_device(recorded: Any, text: str, code: int, reason: str) -> None:
    assert verdict(recorded("DRA-05").edited("exec.probe.probe", output(text, code=code))) == (Verdict.FAIL, reason)


def test_dra_05_the_right_device_beside_another_is_not_enough(recorded: Any) -> None:
    both = recorded("DRA-05").edited(
        "exec.probe.probe", lambda done: done.update(stdout=done["stdout"] + "GPU 1: X (UUID: GPU-neighbour)\n")
    )
    assert verdict(both) == (Verdict.FAIL, "more-devices-visible")


def test_dra_05_a_failed_listing_counts_even_with_the_right_words(recorded: Any) -> None:
    assert verdict(recorded("DRA-05").edited("exec.probe.probe", lambda done: done.update(exit_code=1))) == (
        Verdict.FAIL,
        "device-not-visible",
    )


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (stuck(event="FailedPrepareDynamicResources"), (Verdict.FAIL, "devices-unprepared")),
        (stuck("ImagePullBackOff"), (Verdict.INCONCLUSIVE, "probe-image-unavailable")),
        (stuck(), (Verdict.INCONCLUSIVE, "undecided")),
        (stuck(event="FailedCreatePodSandBox"), (Verdict.INCONCLUSIVE, "undecided")),
        (refuse(), (Verdict.FAIL, "claim-unallocated")),
        (refuse("0/3 nodes are available: 3 Insufficient cpu."), (Verdict.INCONCLUSIVE, "pod-unschedulable")),
        (
            refuse("0/3 nodes are available: 1 Insufficient memory, 2 cannot allocate all claims."),
            (Verdict.INCONCLUSIVE, "pod-unschedulable"),
        ),
        (refuse("0/3 nodes are available: 3 node(s) were unschedulable."), (Verdict.INCONCLUSIVE, "pod-unschedulable")),
        (lambda workload: workload["pod"]["status"].update(phase="Failed"), (Verdict.INCONCLUSIVE, "pod-ended")),
        (lambda workload: workload.update(pod=None), (Verdict.INCONCLUSIVE, "pod-not-seen")),
    ],
)
def test_dra_05_a_pod_that_does_not_run_is_a_failure_only_for_its_device(recorded: Any, edit: Any, expected: tuple[Verdict, str]) -> None:
    assert verdict(recorded("DRA-05").edited("workload.probe", edit)) == expected


def test_dra_05_an_event_of_the_past_does_not_count_against_a_running_pod(recorded: Any) -> None:
    past = {"type": "Warning", "reason": "FailedPrepareDynamicResources", "message": "driver starts"}
    assert verdict(recorded("DRA-05").edited("workload.probe", lambda workload: workload["events"].append(past)))[0] is Verdict.PASS


def test_dra_05_no_free_device_is_nobodys_failure(recorded: Any) -> None:
    taken = recorded("DRA-05").edited("workload.probe", refuse()).edited("devices", free(0))
    assert verdict(taken) == (Verdict.INCONCLUSIVE, "no-free-device")


@pytest.mark.parametrize(
    "edit",
    [
        lambda workload: workload.update(claims=[]),
        lambda workload: workload["claims"][0].update(status={}),
        lambda workload: workload["claims"][0]["status"]["allocation"]["devices"]["results"][0].update(device="gpu-99"),
        lambda workload: workload["claims"][0]["status"]["allocation"]["devices"].update(results=[]),
        lambda workload: workload["claims"].append(workload["claims"][0]),
    ],
)
def test_dra_05_a_pod_that_runs_without_a_published_allocation_fails(recorded: Any, edit: Any) -> None:
    assert verdict(recorded("DRA-05").edited("workload.probe", edit)) == (Verdict.FAIL, "allocation-not-published")


def test_dra_05_a_device_without_uuid_cannot_be_recognised(recorded: Any) -> None:
    def anonymous(pool: JSON) -> None:
        for device in pool["slices"][0]["spec"]["devices"]:
            del device["attributes"]["uuid"]

    assert verdict(recorded("DRA-05").edited("pool.probe", anonymous)) == (Verdict.INCONCLUSIVE, "device-not-identifiable")


def test_dra_05_a_control_whose_class_exists_does_not_flip(recorded: Any) -> None:
    there = recorded("DRA-05", side=Side.CONTROL).edited("class", lambda answer: answer.update(status=200))
    assert verdict(there)[1] != "device-class-missing"


# DRA-06


@pytest.mark.parametrize("memory", [{"value": "1Gi"}, {"value": "85899345919"}, {"value": "?"}, {}])
def test_dra_06_an_allocated_device_with_less_is_found_out(recorded: Any, memory: JSON) -> None:
    def shrink(pool: JSON) -> None:
        for device in pool["slices"][0]["spec"]["devices"]:
            device["capacity"]["memory"] = memory

    assert verdict(recorded("DRA-06").edited("pool.probe", shrink)) == (Verdict.FAIL, "selector-ignored")


def test_dra_06_another_product_is_found_out(recorded: Any) -> None:
    def rename(pool: JSON) -> None:
        for device in pool["slices"][0]["spec"]["devices"]:
            device["attributes"]["productName"] = {"string": "T4"}

    assert verdict(recorded("DRA-06").edited("pool.probe", rename)) == (Verdict.FAIL, "selector-ignored")


def test_dra_06_a_scheduler_that_ignores_selectors_does_not_flip_the_control(both: Any) -> None:
    ignoring = both("DRA-06")[Side.SUBJECT].edited("asked", lambda asked: asked.update(minimum=str(int(asked["minimum"]) * 100)))
    assert verdict(ignoring) == (Verdict.FAIL, "selector-ignored")


def test_dra_06_a_control_without_a_free_device_proves_nothing(recorded: Any) -> None:
    busy = recorded("DRA-06", side=Side.CONTROL).edited("devices", free(0))
    assert verdict(busy) == (Verdict.INCONCLUSIVE, "no-free-device")


def test_dra_06_does_not_need_a_driver_that_prepares(recorded: Any) -> None:
    unprepared = recorded("DRA-06").edited("workload.probe", stuck(event="FailedPrepareDynamicResources"))
    assert verdict(unprepared)[0] is Verdict.PASS


# DRA-07


def test_dra_07_every_container_must_see_exactly_one(recorded: Any) -> None:
    for who in ("first.one", "first.two", "second.probe"):
        for text in ("", "GPU 0: X (UUID: GPU-a)\nGPU 1: X (UUID: GPU-b)\n"):
            assert verdict(recorded("DRA-07").edited(f"exec.{who}", output(text))) == (Verdict.FAIL, "not-one-device")


@pytest.mark.parametrize("who", ["first.one", "first.two", "second.probe"])
def test_dra_07_one_container_with_another_device_is_found_out(recorded: Any, who: str) -> None:
    assert verdict(recorded("DRA-07").edited(f"exec.{who}", output("GPU 0: X (UUID: GPU-x)\n"))) == (Verdict.FAIL, "not-shared")


def test_dra_07_with_one_device_the_control_flips_by_staying_pending(recorded: Any) -> None:
    single = recorded("DRA-07", side=Side.CONTROL).edited("workload.second", refuse())
    assert verdict(single) == (Verdict.FAIL, "not-shared")


def test_dra_07_a_full_node_is_not_the_claims_fault(recorded: Any) -> None:
    full = recorded("DRA-07").edited("workload.second", refuse("0/3 nodes are available: 1 Too many pods, 2 cannot allocate all claims."))
    assert verdict(full) == (Verdict.INCONCLUSIVE, "pod-unschedulable")


# DRA-08


@pytest.mark.parametrize(
    ("requests", "reason"),
    [
        (["gpu/first"], "first-alternative-used"),
        (["gpu/third"], "wrong-alternative"),
        (["gpu"], "wrong-alternative"),
        ([], "wrong-alternative"),
    ],
)
def test_dra_08_only_the_second_alternative_is_right(recorded: Any, requests: list[str], reason: str) -> None:
    def use(workload: JSON) -> None:
        result = workload["claims"][0]["status"]["allocation"]["devices"]["results"][0]
        workload["claims"][0]["status"]["allocation"]["devices"]["results"] = [{**result, "request": request} for request in requests]

    assert verdict(recorded("DRA-08").edited("workload.probe", use)) == (Verdict.FAIL, reason)


def test_dra_08_a_scheduler_that_knows_no_alternatives_fails(recorded: Any) -> None:
    assert verdict(recorded("DRA-08").edited("workload.probe", refuse())) == (Verdict.FAIL, "claim-unallocated")


# DRA-09


def test_dra_09_a_device_given_away_twice_is_found_out(recorded: Any) -> None:
    for side in Side:
        recording = recorded("DRA-09", side=side)
        holder = recording.seen.last("workload.first")["claims"][0]["status"]
        twice = recording.edited("waiting.next", lambda workload, holder=holder: workload["claims"][0].update(status=holder))
        assert verdict(twice) == (Verdict.FAIL, "device-allocated-twice")


def test_dra_09_a_claim_that_stays_allocated_is_found_out(recorded: Any) -> None:
    recording = recorded("DRA-09")
    holder = recording.seen.last("workload.first")["claims"][0]["status"]
    kept = recording.edited("released.first", lambda released: released["claims"][0].update(status=holder))
    assert verdict(kept) == (Verdict.FAIL, "claim-not-deallocated")


def test_dra_09_a_device_that_is_never_given_again_is_found_out(recorded: Any) -> None:
    assert verdict(recorded("DRA-09").edited("workload.next", refuse())) == (Verdict.FAIL, "device-not-released")


def test_dra_09_a_device_that_somebody_else_took_is_not_decided(recorded: Any) -> None:
    taken = recorded("DRA-09").edited("workload.next", refuse()).edited("holders", lambda holders: holders.append("training/theirs"))
    assert verdict(taken) == (Verdict.INCONCLUSIVE, "device-taken")


def test_dra_09_another_device_proves_nothing(recorded: Any) -> None:
    def other(workload: JSON) -> None:
        workload["claims"][0]["status"]["allocation"]["devices"]["results"][0]["device"] = "gpu-77"

    assert verdict(recorded("DRA-09").edited("workload.next", other))[0] is Verdict.INCONCLUSIVE


def test_dra_09_a_second_pod_that_waits_for_processors_proves_nothing(recorded: Any) -> None:
    busy = recorded("DRA-09").edited("waiting.next", refuse("0/3 nodes are available: 3 Insufficient cpu."))
    assert verdict(busy) == (Verdict.INCONCLUSIVE, "pod-unschedulable")


def test_dra_09_a_second_pod_that_does_not_start_is_not_decided(recorded: Any) -> None:
    assert verdict(recorded("DRA-09").edited("workload.next", stuck(event="FailedPrepareDynamicResources")))[0] is Verdict.INCONCLUSIVE
