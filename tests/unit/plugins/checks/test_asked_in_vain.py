# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CA-08's subject from its first request to its verdict, with autoscalers that take their time, say nothing, or grow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.cluster_autoscaling.restraint import NoFalseGrowth
from ansible_collections.ailab.conformance.plugins.module_utils._checks.cluster_autoscaling.settings import OPTIONS, ScalingSettings
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workspace import Workspace

from .playing import defaults, played

JSON = Any

SPACE, HOLD, ALIVE = "kube-system", 1.0, 3.0
BOUNDS = {f"cluster.k8s.io/cluster-api-autoscaler-node-group-{end}-size": size for end, size in (("min", "1"), ("max", "2"))}
WORD = "pod didn't trigger scale-up: 1 Insufficient r"


class Platform:
    """A group of one node, a scheduler that refuses, and an autoscaler that does something when a pod has waited for a while."""

    def __init__(self, api: Any, *, after: float, does: Callable[[Platform, JSON], None]) -> None:
        self.api, self._after, self._does = api, after, does
        others = api.created

        def created(item: JSON) -> None:
            others(item)
            if item["kind"] == "Pod":
                self._refuse(item)

        api.created = created
        made = self.group(replicas=1)
        owned = {"ownerReferences": [{"uid": made["metadata"]["uid"]}]}
        several = api.put("MachineSet", "pool", space=SPACE, metadata=owned, spec={"replicas": 1})
        owned = {"ownerReferences": [{"uid": several["metadata"]["uid"]}]}
        api.put("Machine", "pool", space=SPACE, metadata=owned, status={"nodeRef": {"name": "node"}})
        api.put("Node", "node", spec={}, status={"allocatable": {"r": "1"}})

    def group(self, *, replicas: int) -> JSON:
        """The group with so many replicas to be."""
        return self.api.put("MachineDeployment", "pool", space=SPACE, metadata={"annotations": BOUNDS}, spec={"replicas": replicas})

    def speak(self, pod: JSON) -> None:
        """The autoscaler's word about a pod."""
        about = {"involvedObject": {"uid": pod["metadata"]["uid"]}, "reason": "NotTriggerScaleUp", "message": WORD, "type": "Normal"}
        self.api.put("Event", "word", space=pod["metadata"]["namespace"], **about)

    def _refuse(self, pod: JSON) -> None:
        said = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available"}
        fields = {"spec": pod["spec"], "status": {"phase": "Pending", "conditions": [said]}}
        name, space = pod["metadata"]["name"], pod["metadata"]["namespace"]
        refused = self.api.put("Pod", name, space=space, metadata=pod["metadata"], **fields)
        threading.Timer(self._after, self._does, (self, refused)).start()


def grow(platform: Platform, _pod: JSON) -> None:
    """What must not happen."""
    platform.group(replicas=2)


def judged(spaces: Callable[..., Workspace]) -> tuple[Finding, float]:
    """What the check says of its subject, and after how many seconds."""
    space = spaces("cluster_autoscaling", ScalingSettings(**defaults(OPTIONS, hold_seconds=HOLD, alive_seconds=ALIVE)))
    started = time.monotonic()
    return played(NoFalseGrowth(), space), time.monotonic() - started


@pytest.mark.parametrize("after", [0.0, HOLD + 0.4], ids=["at once", "later than nothing may happen"])
def test_the_word_of_an_autoscaler_counts_whenever_it_comes(*, api: Any, spaces: Callable[..., Workspace], after: float) -> None:
    Platform(api, after=after, does=Platform.speak)
    found, took = judged(spaces)
    assert (found.verdict, found.reason) == (Verdict.PASS, "no-growth")
    assert WORD in found.sentence
    assert HOLD <= took < ALIVE


def test_an_autoscaler_that_says_nothing_is_not_believed(api: Any, spaces: Callable[..., Workspace]) -> None:
    Platform(api, after=0.0, does=lambda _platform, _pod: None)
    found, took = judged(spaces)
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, "autoscaler-silent")
    assert took >= HOLD + ALIVE


@pytest.mark.parametrize("after", [0.2, HOLD + 0.4], ids=["at once", "while its word is waited for"])
def test_growth_is_seen_for_as_long_as_is_looked(*, api: Any, spaces: Callable[..., Workspace], after: float) -> None:
    Platform(api, after=after, does=grow)
    found, _ = judged(spaces)
    assert (found.verdict, found.reason) == (Verdict.FAIL, "group-grew")
