# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What KKP refuses reaches the user in KKP's own words, once, and with a place to look at."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.errors import KkpApiError
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.task import Task
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.tasks import TASKS

from tests.unit.plugins.kkp.fake_kkp import OWN, Fault, envelope
from tests.unit.plugins.kkp.harness import Bench

JSON = Any

PROJECT, CLUSTER, POOL = (TASKS[f"kkp_{name}"] for name in ("project", "cluster", "machine_deployment"))
A_CLUSTER: dict[str, JSON] = {
    "project": "ai-platform",
    "name": "gpu-prod",
    "version": "1.34.2",
    "datacenter": "os-fra",
    "provider": "openstack",
}
A_POOL: dict[str, JSON] = {
    "project": "ai-platform",
    "cluster": "gpu-prod",
    "name": "pool",
    "cloud": {"openstack": {"flavor": "m1", "image": "ubuntu"}},
    "operating_system": "ubuntu",
}
RIGHTS, FIELD, NAME, OTHER = "rights of the token's owner", "which names the field", "whether the token's owner may see it", "who made it"


@pytest.fixture
def owner(user: Bench) -> Bench:
    """Somebody with a project, a cluster and a pool."""
    user.run(PROJECT, name="ai-platform")
    user.run(CLUSTER, **A_CLUSTER)
    user.run(POOL, **A_POOL)
    return user


@dataclass(frozen=True, slots=True)
class Refusal:
    """A wish, which of its requests is refused and how, and where the user is told to look."""

    task: Task
    options: dict[str, JSON]
    request: tuple[str, str]
    status: int
    message: str
    look: str


NEW_PROJECT, NEW_CLUSTER, NEW_POOL = {"name": "new"}, {**A_CLUSTER, "name": "new"}, {**A_POOL, "name": "new"}
MAKE_PROJECT, MAKE_CLUSTER, MAKE_POOL = ("POST", "/projects$"), ("POST", "/clusters$"), ("POST", "/machinedeployments$")
CHANGE_CLUSTER, CHANGE_POOL = ("PATCH", "/clusters/[^/]+$"), ("PATCH", "/pool$")
TOO_OLD = "Cluster contains nodes running the following incompatible kubelet versions: [9.9.9]. Upgrade your nodes before you upgrade."
NO_MATCH = "node deployment validation failed: kubelet version 9.6.0 is not compatible with control plane version 9.9.9"
TOO_MANY = "replica count (2) cannot be higher then autoscaler maxreplicas (1)"
NO_VERSION = 'invalid cluster: invalid cloud spec "Version" is required but was not specified'


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(PROJECT, NEW_PROJECT, MAKE_PROJECT, 403, "reached maximum number of projects", RIGHTS),
        Refusal(PROJECT, NEW_PROJECT, MAKE_PROJECT, 403, "project creation is restricted", RIGHTS),
        Refusal(CLUSTER, NEW_CLUSTER, MAKE_CLUSTER, 403, "cannot access os-fra datacenter due to email requirements", RIGHTS),
        Refusal(CLUSTER, NEW_CLUSTER, MAKE_CLUSTER, 400, "invalid credentials: no such project", FIELD),
        Refusal(CLUSTER, NEW_CLUSTER, MAKE_CLUSTER, 400, NO_VERSION, FIELD),
        Refusal(CLUSTER, {**A_CLUSTER, "version": "1.34.9"}, CHANGE_CLUSTER, 400, TOO_OLD, FIELD),
        Refusal(CLUSTER, {**A_CLUSTER, "labels": {"a": "b"}}, CHANGE_CLUSTER, 400, "cannot patch cluster: Invalid JSON Patch", FIELD),
        Refusal(CLUSTER, A_CLUSTER, ("GET", "/health$"), 404, 'cluster-provider "c000000002" not found', NAME),
        Refusal(POOL, {**A_POOL, "replicas": 2}, CHANGE_POOL, 400, TOO_MANY, FIELD),
        Refusal(POOL, NEW_POOL, MAKE_POOL, 500, "no machine os was provided", "the message"),
        Refusal(POOL, NEW_POOL, MAKE_POOL, 400, NO_MATCH, FIELD),
    ],
    ids=lambda refusal: refusal.message[:40],
)
def test_what_kkp_refuses_is_said_once_and_in_its_words(owner: Bench, refusal: Refusal) -> None:
    method, path = refusal.request
    content = envelope(refusal.status, refusal.message)
    owner.kkp.faults.append(Fault(method=method, path=path, status=refusal.status, content=content, times=100))
    asked = len(owner.kkp.asked(method, path))
    with pytest.raises(KkpApiError) as caught:
        owner.run(refusal.task, **refusal.options)
    assert f"found HTTP {refusal.status}: {refusal.message}; expected success." in str(caught.value)
    assert refusal.look in str(caught.value)
    assert len(owner.kkp.asked(method, path)) == asked + 1


def test_a_name_that_somebody_took_in_the_same_moment(owner: Bench) -> None:
    taken = envelope(409, 'cluster "new" already exists')
    owner.kkp.faults.append(Fault(method="POST", path="/clusters$", status=409, content=taken))
    with pytest.raises(KkpApiError, match=f'HTTP 409: cluster "new" already exists.*{OTHER}'):
        owner.run(CLUSTER, **{**A_CLUSTER, "name": "new"})


def test_a_method_that_kkp_does_not_have_is_answered_with_nothing(owner: Bench) -> None:
    owner.kkp.faults.append(Fault(method="POST", path="/restart$", status=405, content=b""))
    with pytest.raises(KkpApiError, match="HTTP 405: an empty answer; expected success. Look at the ingress"):
        owner.run(POOL, **A_POOL, state="restarted")


def test_a_list_that_go_encodes_as_null_is_empty(owner: Bench) -> None:
    owner.kkp.faults.append(Fault(method="GET", path="/machinedeployments$", status=200, content=b"null"))
    assert owner.run(POOL, **{**A_POOL, "name": "none", "state": "absent"})["changed"] is False


def test_a_create_that_takes_its_time_is_waited_for(owner: Bench) -> None:
    """KKP blocks up to ten seconds until its caller may read the new cluster; a client that gives up would make a second one."""
    assert CLUSTER.argument_spec["timeout"]["default"] > 10
    started = time.monotonic()
    owner.kkp.faults.append(Fault(method="POST", path="/clusters$", status=OWN, seconds=0.6, times=2))
    made = owner.run(CLUSTER, **{**A_CLUSTER, "name": "slow"}, timeout=5.0)
    assert time.monotonic() - started > 0.5
    assert made["cluster"]["name"] == "slow"
    # One that is silent for longer than it may be is looked for by its name before it is asked for again.
    assert owner.run(CLUSTER, **{**A_CLUSTER, "name": "slower"}, timeout=0.3)["cluster"]["name"] == "slower"
    assert sorted(one["name"] for one in owner.kkp.state["clusters"].values()) == ["gpu-prod", "slow", "slower"]
