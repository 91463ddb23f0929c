# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits end with the event that makes the last thing ready, at the deadline, or when more time would not help."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._ready.wait import Want, wait

WANT = Want(api_version="apps/v1", kind="Deployment", namespace="ns", name="manager")
NO_IMAGE = {"waiting": {"reason": "ErrImagePull", "message": "not found"}}


def deployment(api: Any, *, available: int) -> None:
    labels = {"matchLabels": {"app": "manager"}}
    status = {"updatedReplicas": 1, "availableReplicas": available}
    api.put("Deployment", "manager", space="ns", spec={"selector": labels}, status=status)


def pod(api: Any, name: str, *, app: str = "manager", state: Any = NO_IMAGE) -> None:
    containers = [{"name": "c", "image": "x:1", "state": state}]
    api.put("Pod", name, space="ns", metadata={"labels": {"app": app}}, spec={}, status={"containerStatuses": containers})


def later(seconds: float, action: Any) -> None:
    threading.Timer(seconds, action).start()


def test_it_ends_when_all_is_ready(api: Any, cluster: Cluster) -> None:
    deployment(api, available=0)
    later(0.1, lambda: deployment(api, available=1))
    assert wait(cluster, [WANT], seconds=5).lacking == []


def test_an_image_that_cannot_be_had_ends_it_long_before_its_time(api: Any, cluster: Cluster) -> None:
    deployment(api, available=0)
    later(0.1, lambda: pod(api, "manager-x"))
    started = time.monotonic()
    waited = wait(cluster, [WANT], seconds=60, hopeless_seconds=0.3)
    assert time.monotonic() - started < 10
    assert waited.given_up
    (said,) = waited.lacking
    assert "image x:1 of container c cannot be had: ErrImagePull not found" in said


@pytest.mark.parametrize("other", [{"app": "somebody-else"}, {"state": {"waiting": {"reason": "ContainerCreating"}}}])
def test_other_pods_and_pods_that_are_coming_up_do_not_end_it(api: Any, cluster: Cluster, other: dict[str, Any]) -> None:
    deployment(api, available=0)
    pod(api, "manager-x", **other)
    later(0.6, lambda: deployment(api, available=1))
    assert wait(cluster, [WANT], seconds=5, hopeless_seconds=0.2).lacking == []


def test_a_pod_that_gets_its_image_after_all_does_not_end_it(api: Any, cluster: Cluster) -> None:
    deployment(api, available=0)
    pod(api, "manager-x")
    later(0.2, lambda: pod(api, "manager-x", state={"running": {}}))
    later(1.2, lambda: deployment(api, available=1))
    assert wait(cluster, [WANT], seconds=5, hopeless_seconds=0.8).lacking == []


def test_at_the_deadline_it_says_what_is_lacking(api: Any, cluster: Cluster) -> None:
    deployment(api, available=0)
    waited = wait(cluster, [WANT], seconds=0.3)
    assert (waited.given_up, waited.lacking) == (False, ["Deployment ns/manager: 0 of 1 pods are available"])


QUOTA = 'pods "manager-x" is forbidden: exceeded quota: small, requested: cpu=1, used: cpu=1, limited: cpu=1'
SILENT = 'Internal error occurred: failed calling webhook "mpod.kb.io": no endpoints available for service "queue-webhook"'


def refused(api: Any, message: str) -> None:
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}
    spec = {"selector": {"matchLabels": {"app": "manager"}}}
    api.put("Deployment", "manager", space="ns", spec=spec, status={"conditions": [condition]})


def test_a_quota_that_is_too_small_ends_it_long_before_its_time(api: Any, cluster: Cluster) -> None:
    refused(api, QUOTA)
    started = time.monotonic()
    waited = wait(cluster, [WANT], seconds=60, hopeless_seconds=0.3)
    assert time.monotonic() - started < 10
    assert (waited.given_up, waited.lacking) == (
        True,
        [f"Deployment ns/manager: 0 of 1 pods are up to date, because more are refused: {QUOTA}"],
    )


def test_a_webhook_without_endpoints_may_get_some_and_is_named_where_it_does_not(api: Any, cluster: Cluster) -> None:
    refused(api, SILENT)
    waited = wait(cluster, [WANT], seconds=0.6, hopeless_seconds=0.2)
    assert (waited.given_up, waited.lacking) == (
        False,
        [f"Deployment ns/manager: 0 of 1 pods are up to date, because more are refused: {SILENT}"],
    )
    later(0.3, lambda: deployment(api, available=1))
    assert wait(cluster, [WANT], seconds=5, hopeless_seconds=0.2).lacking == []


def test_all_pods_of_a_namespace_can_be_wanted_whoever_made_them(api: Any, cluster: Cluster) -> None:
    every = Want(api_version="v1", kind="Pod", namespace="ns", count=0, every=True)
    pod(api, "manager-x")
    waited = wait(cluster, [every], seconds=60, hopeless_seconds=0.3)
    assert waited.given_up
    (said,) = waited.lacking
    assert "(pod manager-x on no node: image x:1 of container c cannot be had: ErrImagePull not found)" in said


def test_conditions_may_be_kept_by_their_types() -> None:
    ready = Want(api_version="v1", kind="ApplicationInstallation", name="kueue", condition="Ready")
    failed = {"status": "False", "reason": "InstallationFailed", "message": "no such chart"}
    made = {"metadata": {"name": "kueue"}, "status": {"conditions": {"Ready": {"status": "True"}}}}
    assert ready.lacking([made]) is None
    made["status"] = {"conditions": {"Ready": failed}}
    assert ready.lacking([made]) == "condition Ready is False (InstallationFailed: no such chart)"
