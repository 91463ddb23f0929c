# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of dra_support on a platform that can be broken: the right check finds out, and no broken platform passes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.dra.suite import SUITE
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verification import Verified, look, verify
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import Settings

CHECKS = SUITE.checks


def verified(cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory, *faults: str) -> Verified:
    platform.faults |= set(faults)
    platform.start()
    return verify(cluster, suite=SUITE, settings=settings, run=run)


def test_a_healthy_platform_passes_and_is_left_as_it_was(cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory) -> None:
    found = verified(cluster, platform, settings, run)
    assert {item.id: (item.verdict.value, item.sentence) for item in found.results if item.verdict is not Verdict.PASS} == {}
    assert (found.requirement.verdict, found.requirement.controls.flipped) == (Verdict.PASS, len(CHECKS))
    left = [key for key in platform.api.objects if "ai-conformance" in str(key)]
    assert left == []


@pytest.mark.parametrize(
    ("fault", "failing"),
    [
        ("no-class", {"DRA-05": "device-class-missing"}),
        ("driver-stopped", {"DRA-03": "driver-not-ready", "DRA-05": "devices-unprepared"}),
        ("driver-gone", {"DRA-03": "slice-missing"}),
        ("other-device-prepared", {"DRA-05": "device-mismatch"}),
        ("all-devices-visible", {"DRA-05": "more-devices-visible", "DRA-07": "not-one-device"}),
        ("nothing-visible", {"DRA-05": "device-not-visible", "DRA-07": "not-one-device"}),
        ("given-twice", {"DRA-09": "device-allocated-twice"}),
        ("never-released", {"DRA-09": "claim-not-deallocated"}),
        ("nothing-shared", {"DRA-07": "not-shared"}),
        ("always-the-first-alternative", {"DRA-08": "claim-unallocated"}),
        ("always-the-last-alternative", {"DRA-08": "wrong-alternative"}),
        ("admin-access-for-all", {"DRA-10": "admin-access-granted"}),
        ("changes-lost", {"DRA-02": "change-lost"}),
        ("no-uuid", {"DRA-04": "attribute-missing"}),
        ("beta-api-only", {"DRA-01": "version-not-served"}),
    ],
)
def test_a_broken_platform_fails_in_the_right_place_and_nowhere_else(
    *, cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory, fault: str, failing: dict[str, str]
) -> None:
    found = verified(cluster, platform, settings, run, fault)
    assert {item.id: item.reason for item in found.results if item.verdict is Verdict.FAIL} == failing
    mandatory = {check.id for check in CHECKS if check.mandatory}
    assert (found.requirement.verdict is Verdict.FAIL) is bool(mandatory & set(failing))


@pytest.mark.parametrize(
    ("fault", "check", "verdict", "reason"),
    [
        ("selectors-ignored", "DRA-06", Verdict.INCONCLUSIVE, "control-did-not-flip"),
        ("classes-ignored", "DRA-05", Verdict.INCONCLUSIVE, "control-did-not-flip"),
        ("any-class-stored", "DRA-02", Verdict.INCONCLUSIVE, "control-did-not-flip"),
        ("given-twice", "DRA-07", Verdict.INCONCLUSIVE, "control-did-not-flip"),
        ("alternatives-dropped", "DRA-08", Verdict.NOT_RUN, "prioritized-list"),
        ("driver-gone", "DRA-04", Verdict.NOT_RUN, "no-devices"),
        ("driver-gone", "DRA-05", Verdict.NOT_RUN, "free-device"),
        ("no-class", "DRA-09", Verdict.NOT_RUN, "device-class"),
        ("claims-refused", "DRA-07", Verdict.ERROR, "forbidden"),
        ("claims-refused", "DRA-02", Verdict.INCONCLUSIVE, "forbidden"),
        ("no-uuid", "DRA-05", Verdict.INCONCLUSIVE, "device-not-identifiable"),
    ],
)
def test_what_cannot_be_told_is_not_passed(
    *, cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory, fault: str, check: str, verdict: Verdict, reason: str
) -> None:
    found = {item.id: item for item in verified(cluster, platform, settings, run, fault).results}
    assert (found[check].verdict, found[check].reason) == (verdict, reason), found[check].sentence


def test_a_first_preparation_that_fails_is_tried_again(cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory) -> None:
    found = verified(cluster, platform, settings, run, "slow-authorizer")
    assert {item.id: item.sentence for item in found.results if item.verdict is not Verdict.PASS} == {}


def test_one_device_is_enough(cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory) -> None:
    taken = {"allocation": {"devices": {"results": [{"driver": "gpu.nvidia.com", "pool": "node", "device": "gpu-1"}]}}}
    platform.api.put("ResourceClaim", "theirs", space="training", spec={}, status=taken)
    found = verified(cluster, platform, settings, run)
    assert {item.id: item.sentence for item in found.results if item.verdict is not Verdict.PASS} == {}
    assert ("ResourceClaim", "training", "theirs") in platform.api.objects


def test_devices_that_others_have_are_not_waited_for(cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory) -> None:
    for number in (0, 1):
        taken = {"allocation": {"devices": {"results": [{"driver": "gpu.nvidia.com", "pool": "node", "device": f"gpu-{number}"}]}}}
        platform.api.put("ResourceClaim", f"theirs-{number}", space="training", spec={}, status=taken)
    found = verified(cluster, platform, settings, run)
    assert {item.id for item in found.results if item.reason == "free-device"} == {"DRA-05", "DRA-06", "DRA-07", "DRA-08", "DRA-09"}
    assert found.requirement.verdict is Verdict.NOT_RUN


def test_a_server_that_goes_away_in_the_middle_is_an_error_with_a_place(
    cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory
) -> None:
    created = platform.api.created

    def die(item: Any) -> None:
        created(item)
        if item["kind"] == "Pod":
            platform.api.created = created
            platform.api.intercept = lambda *_: (_ for _ in ()).throw(ConnectionAbortedError)
            platform.api.drop()

    platform.api.created = die
    found = verified(cluster, platform, settings, run)
    assert found.requirement.verdict is Verdict.ERROR
    broken = [item for item in found.results if item.verdict is Verdict.ERROR]
    assert broken
    assert all(item.reason == "unreachable" and "http://127.0.0.1" in item.sentence for item in broken)
    assert {ref.kind for ref in found.requirement.leaked} >= {"Namespace"}


def test_check_mode_reads_and_makes_nothing(cluster: Cluster, platform: Any, settings: Settings) -> None:
    platform.start()
    before = len(platform.api.log)
    found = look(cluster, suite=SUITE, settings=settings)
    assert [item.id for item in found.results] == ["DRA-01", "DRA-03", "DRA-04"]
    assert {item.verdict for item in found.results} == {Verdict.PASS}
    assert found.withheld == ("DRA-02", "DRA-05", "DRA-06", "DRA-07", "DRA-08", "DRA-09", "DRA-10")
    assert found.requirement.verdict is Verdict.NOT_RUN
    assert len(platform.api.log) == before
