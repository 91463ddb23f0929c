# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check on what was recorded: well, and with the driver stopped, the class missing, another device prepared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS
from ansible_collections.ailab.conformance.plugins.module_utils._engine import judge
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import ControlKind, Fidelity, Side, Verdict

RECORDED = sorted(path.stem for path in (Path(__file__).parent / "recorded/good").glob("*.jsonl"))
"""The checks of which a good recording is kept. What is said of all of them here holds for every requirement."""


def test_what_is_recorded_is_a_check() -> None:
    assert set(RECORDED) <= set(CHECKS)


@pytest.mark.parametrize("identifier", RECORDED)
def test_a_healthy_cluster_passes_with_a_flipped_control(both: Any, identifier: str) -> None:
    found = both(identifier)
    result = judge.result(CHECKS[identifier], subject=found[Side.SUBJECT].seen, control=found[Side.CONTROL].seen)
    assert (result.verdict, result.control.flipped) == (Verdict.PASS, True), result.sentence


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
    ],
)
def test_a_broken_cluster_is_found_out_in_its_own_words(
    *, both: Any, state: str, identifier: str, verdict: Verdict, reason: str, words: str
) -> None:
    found = both(identifier, state=state)
    result = judge.result(CHECKS[identifier], subject=found[Side.SUBJECT].seen, control=found[Side.CONTROL].seen)
    assert (result.verdict, result.reason) == (verdict, reason)
    assert words in result.sentence


@pytest.mark.parametrize("identifier", RECORDED)
def test_a_subject_as_bad_as_its_control_never_passes(both: Any, identifier: str) -> None:
    control = both(identifier)[Side.CONTROL].seen
    result = judge.result(CHECKS[identifier], subject=control, control=control)
    assert (result.verdict, result.reason) == (Verdict.FAIL, CHECKS[identifier].control_reason)


@pytest.mark.parametrize("identifier", RECORDED)
def test_a_control_as_good_as_its_subject_proves_nothing(both: Any, identifier: str) -> None:
    subject = both(identifier)[Side.SUBJECT].seen
    result = judge.result(CHECKS[identifier], subject=subject, control=subject)
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, "control-did-not-flip")


@pytest.mark.parametrize("identifier", RECORDED)
def test_observations_that_end_anywhere_never_pass_and_never_crash(recorded: Any, identifier: str) -> None:
    whole = recorded(identifier)
    for length in range(len(whole.seen.facts)):
        cut = type(whole)(identifier, type(whole.seen)(whole.seen.facts[:length]))
        finding = cut.judged()
        if finding.verdict is Verdict.PASS:
            # What is left are looks at the devices afterwards, which only a refusal needs.
            assert {fact.name for fact in whole.seen.facts[length:]} <= {"devices", "holders"}, f"{identifier} passes after {length} facts"
        assert finding.verdict is not Verdict.FAIL or identifier == "DRA-03", finding


# What a verdict does not rest on: names and counts for sentences, looks that only a refusal needs, answers that are read back instead.
_BESIDE = {"variant", "devices", "holders", "group", "class", "asked", "settings", "pool.first", "pool.second", "released.first", "places"}
_BESIDE_TOO = {
    ("DRA-08", "pool.probe"),
    ("SAA-12", "runtime_classes"),
    ("RC-01", "webhooks"),
    ("RC-02", "operator"),
    ("RC-02", "webhooks"),
    ("RC-03", "operator"),
    ("RC-05", "operator"),
    ("RC-10", "gone"),
    ("RC-11", "before"),
    ("RC-11", "started"),
    ("RC-11", "webhooks"),
    # Where no class is asked for by name, any accepted one does.
    ("INF-01", "wanted"),
    # By these a workload is named; what is stored of it is what counts.
    *((check, fact) for check in ("SM-05", "SM-07") for fact in ("mark.server", "released.server")),
    ("AM-01", "limits"),
    ("AM-01", "names"),
    # Where no slice publishes devices, a device plugin's count has to do.
    ("AM-02", "slices"),
    ("AM-03", "slices"),
    # What they say is taken into the facts device.*.
    *((check, f"exec.{pod}.probe") for check in ("AM-06", "AM-07", "AM-08") for pod in ("first", "second")),
}
# What all checks of ai_inference stand on is judged by its effect, the answers.
_STANDING = ("stands.", "standing", "site", "knock", "served", "classes", "gateway", "first", "route.route", "model-gateway")
_READ_BACK = ("create.", "patch.", "update.", "delete.", "space.", "evict.")


@pytest.mark.parametrize("identifier", RECORDED)
@pytest.mark.parametrize("nonsense", ["null", [], {}, "", 0, {"status": 200, "body": None}, {"pod": {}}, {"slices": [{}]}])
def test_nonsense_in_place_of_any_fact_never_passes(recorded: Any, identifier: str, nonsense: Any) -> None:
    whole = recorded(identifier)
    aside = (*_READ_BACK, *(_STANDING if identifier.startswith("INF") and identifier != "INF-01" else ()))
    for name in {fact.name for fact in whole.seen.facts} - _BESIDE:
        if not name.startswith(aside) and (identifier, name) not in _BESIDE_TOO:
            finding = whole.edited(name, lambda _data: nonsense).judged()
            assert finding.verdict is not Verdict.PASS, f"{identifier} passes with {nonsense!r} for {name}"


def test_evidence_of_simulated_devices_says_so(both: Any) -> None:
    levels = {}
    for identifier in (identifier for identifier in RECORDED if identifier.startswith("DRA")):
        check, found = CHECKS[identifier], both(identifier)
        levels[identifier] = judge.result(check, subject=found[Side.SUBJECT].seen, control=found[Side.CONTROL].seen).fidelity
    real = {identifier for identifier, level in levels.items() if level is Fidelity.REAL}
    assert real == {"DRA-01", "DRA-02", "DRA-10"}, "these ask the API server only"
    assert set(levels.values()) == {Fidelity.REAL, Fidelity.SIMULATED}


def test_recorded_controls_say_so() -> None:
    recorded = {check.id for check in CHECKS.values() if check.control_kind is ControlKind.RECORDED}
    assert recorded & set(RECORDED) >= {"DRA-01", "DRA-03", "DRA-04", "SAA-12"}


def test_every_check_explains_itself() -> None:
    for check in CHECKS.values():
        assert check.asks.endswith("?")
        assert check.broken_looks_like.endswith(".")
        assert check.sources
        assert check.variant(Side.SUBJECT) != check.variant(Side.CONTROL)
