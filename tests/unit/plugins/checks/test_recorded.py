# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks on what was recorded of broken clusters: the driver stopped, the class missing, another device prepared, nothing monitored."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS
from ansible_collections.ailab.conformance.plugins.module_utils._engine import judge
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import ControlKind, Fidelity, Side, Verdict


@pytest.mark.parametrize(
    ("state", "identifier", "verdict", "reason", "words"),
    [
        ("other_device", "DRA-05", Verdict.FAIL, "device-mismatch", "expected GPU-"),
        ("stopped", "DRA-03", Verdict.FAIL, "driver-not-ready", "DaemonSet nvidia-dra-driver-gpu/"),
        ("stopped", "DRA-05", Verdict.FAIL, "devices-unprepared", "FailedPrepareDynamicResources"),
        ("stopped", "DRA-07", Verdict.INCONCLUSIVE, "devices-unprepared", "is not registered"),
        ("stopped", "DRA-09", Verdict.INCONCLUSIVE, "devices-unprepared", "is not registered"),
        ("gone", "DRA-03", Verdict.FAIL, "slice-missing", "no ResourceSlice"),
        ("gone", "DRA-04", Verdict.NOT_RUN, "no-devices", "no device is published"),
        ("gone", "DRA-05", Verdict.NOT_RUN, "free-device", "0 free"),
        ("no_class", "DRA-05", Verdict.FAIL, "device-class-missing", "does not exist"),
        ("no_class", "DRA-06", Verdict.NOT_RUN, "device-class", "no DeviceClass"),
        ("unmonitored", "SM-02", Verdict.FAIL, "not-discovered", "it is no target"),
    ],
)
def test_a_broken_cluster_is_found_out_in_its_own_words(
    *, both: Any, state: str, identifier: str, verdict: Verdict, reason: str, words: str
) -> None:
    found = both(identifier, state=state)
    result = judge.result(CHECKS[identifier], subject=found[Side.SUBJECT].seen, control=found[Side.CONTROL].seen)
    assert (result.verdict, result.reason) == (verdict, reason)
    assert words in result.sentence


def test_evidence_of_simulated_devices_says_so(both: Any) -> None:
    levels = {}
    for identifier in (identifier for identifier in CHECKS if identifier.startswith("DRA")):
        check, found = CHECKS[identifier], both(identifier)
        levels[identifier] = judge.result(check, subject=found[Side.SUBJECT].seen, control=found[Side.CONTROL].seen).fidelity
    real = {identifier for identifier, level in levels.items() if level is Fidelity.REAL}
    assert real == {"DRA-01", "DRA-02", "DRA-10"}, "these ask the API server only"
    assert set(levels.values()) == {Fidelity.REAL, Fidelity.SIMULATED}


def test_recorded_controls_say_so() -> None:
    recorded = {check.id for check in CHECKS.values() if check.control_kind is ControlKind.RECORDED}
    assert recorded >= {"DRA-01", "DRA-03", "DRA-04", "SAA-12"}


def test_every_check_explains_itself() -> None:
    for check in CHECKS.values():
        assert check.asks.endswith("?")
        assert check.broken_looks_like.endswith(".")
        assert check.sources
        assert check.variant(Side.SUBJECT) != check.variant(Side.CONTROL)
