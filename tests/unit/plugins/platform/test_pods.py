# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a pod has come, and in whose words it does not get further."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage, about, claim_names, progress

JSON = Any


def pod(*, node: str = "n", phase: str = "Pending", waiting: JSON = None, running: bool = False, conditions: JSON = ()) -> JSON:
    states = [{"state": {"running": {}}}] if running else [{"state": {"waiting": waiting}}] if waiting else []
    return {
        "metadata": {"uid": "u"},
        "spec": {"nodeName": node, "containers": [{"name": "probe"}]},
        "status": {"phase": phase, "containerStatuses": states, "conditions": list(conditions)},
    }


def scheduled(reason: str, message: str = "") -> list[JSON]:
    return [{"type": "PodScheduled", "status": "False", "reason": reason, "message": message}]


@pytest.mark.parametrize(
    ("item", "events", "stage", "words"),
    [
        (None, [], Stage.ABSENT, "does not exist"),
        ({}, [], Stage.ABSENT, "does not exist"),
        ({"metadata": {}}, [], Stage.PENDING, "no word"),
        (pod(node=""), [], Stage.PENDING, "no word from the scheduler"),
        (pod(node="", conditions=scheduled("SchedulingGated", "gate")), [], Stage.PENDING, "gate"),
        (pod(node="", conditions=scheduled("Unschedulable", "0/3 nodes")), [], Stage.REFUSED, "0/3 nodes"),
        (pod(), [], Stage.PLACED, "no word from the kubelet"),
        (pod(waiting={"reason": "ContainerCreating"}), [], Stage.PLACED, "ContainerCreating"),
        (pod(waiting={"reason": "ErrImagePull", "message": "no such image"}), [], Stage.IMAGELESS, "no such image"),
        (pod(), [{"type": "Warning", "reason": "FailedPrepareDynamicResources", "message": "gone"}], Stage.UNPREPARED, "gone"),
        (pod(), [{"type": "Normal", "reason": "FailedPrepareDynamicResources"}], Stage.PLACED, "no word"),
        (pod(), [{"type": "Warning", "reason": "FailedMount", "message": "vol"}], Stage.PLACED, "FailedMount: vol"),
        (pod(running=True, phase="Running"), [{"type": "Warning", "reason": "FailedPrepareDynamicResources"}], Stage.RUNNING, "all"),
        (pod(phase="Failed"), [], Stage.ENDED, "Failed"),
        (pod(phase="Succeeded"), [], Stage.ENDED, "Succeeded"),
    ],
)
def test_the_stage_of_a_pod(item: JSON, events: JSON, stage: Stage, words: str) -> None:
    found = progress(item, events)
    assert found.stage is stage
    assert words in found.words


@pytest.mark.parametrize(
    ("item", "events", "lasting"),
    [
        (pod(node="", conditions=scheduled("Unschedulable", "0/3 nodes")), [], True),
        (pod(), [{"type": "Warning", "reason": "FailedPrepareDynamicResources", "message": "a"}], False),
        (pod(), [{"type": "Warning", "reason": "FailedPrepareDynamicResources", "message": "a", "count": 2}], True),
        (pod(), [{"type": "Warning", "reason": "FailedPrepareDynamicResources", "message": text} for text in ("a", "b")], True),
        (pod(waiting={"reason": "ErrImagePull"}), [], False),
        (pod(waiting={"reason": "ImagePullBackOff"}), [{"type": "Warning", "message": "Failed to pull image: timeout"}], False),
        (pod(waiting={"reason": "ImagePullBackOff"}), [{"type": "Warning", "message": "Failed to pull image: timeout", "count": 3}], True),
        (pod(waiting={"reason": "ErrImageNeverPull"}), [], True),
        (pod(waiting={"reason": "InvalidImageName"}), [], True),
    ],
)
def test_trouble_counts_when_another_try_has_found_it_again(item: JSON, events: JSON, *, lasting: bool) -> None:
    assert progress(item, events).lasting is lasting


def test_one_container_of_two_is_not_running() -> None:
    half = pod(running=True)
    half["spec"]["containers"].append({"name": "two"})
    assert progress(half).stage is Stage.PLACED


def test_events_about_others_do_not_count_and_come_in_order() -> None:
    def event(uid: str, reason: str, version: str) -> JSON:
        return {"metadata": {"resourceVersion": version}, "involvedObject": {"uid": uid}, "reason": reason, "type": "Normal", "count": 1}

    found = about({"metadata": {"uid": "u"}}, [event("u", "late", "20"), event("other", "x", "5"), event("u", "early", "9")])
    assert [item["reason"] for item in found] == ["early", "late"]


def test_names_of_claims_come_from_spec_and_from_templates() -> None:
    item = {
        "spec": {
            "resourceClaims": [{"name": "a", "resourceClaimName": "fixed"}, {"name": "b", "resourceClaimTemplateName": "t"}, {"name": "c"}]
        },
        "status": {"resourceClaimStatuses": [{"name": "b", "resourceClaimName": "made"}]},
    }
    assert claim_names(item) == ["fixed", "made"]
