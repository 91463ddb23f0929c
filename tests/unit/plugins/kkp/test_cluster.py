# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kkp_cluster and kkp_cluster_info."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.cluster_task import TASK
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.errors import (
    AmbiguousNameError,
    KkpApiError,
    NotReadyInTimeError,
    OptionError,
    PartialListError,
)
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.info_tasks import CLUSTER_INFO
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.project_task import TASK as PROJECT

from tests.unit.plugins.kkp.fake_kkp import Fault, envelope
from tests.unit.plugins.kkp.harness import Bench

JSON = Any

HERE = {"project": "ai-platform", "name": "gpu-prod"}
WISH: dict[str, JSON] = {
    **HERE,
    "version": "1.34",
    "datacenter": "os-fra",
    "provider": "openstack",
    "cloud": {"floatingIPPool": "public", "useOctavia": True},
    "cloud_credentials": {"username": "robot-user", "password": "pa55-of-the-robot"},
    "labels": {"env": "ai"},
    "spec": {"mla": {"monitoringEnabled": True}, "clusterNetwork": {"proxyMode": "ebpf", "pods": {"cidrBlocks": ["172.25.0.0/16"]}}},
}
TIMED_OUT = "timed out waiting for cluster to become ready"


@pytest.fixture
def owner(user: Bench) -> Bench:
    """Somebody with a project."""
    user.run(PROJECT, name="ai-platform")
    return user


def test_a_cluster_is_made_of_the_highest_version_and_waited_for(owner: Bench) -> None:
    result = owner.run(TASK, **WISH)
    assert result["changed"]
    assert result["cluster"]["running_version"] == "1.34.10"
    (request,) = owner.kkp.asked("POST", "/clusters$")
    assert request.body["cluster"]["spec"]["cloud"]["openstack"]["password"] == "pa55-of-the-robot"
    assert "applications" not in request.body


def test_a_second_time_nothing_changes_and_the_unseen_is_named(owner: Bench) -> None:
    owner.run(TASK, **WISH)
    before = len(owner.kkp.changes)
    result = owner.run(TASK, **WISH)
    assert not result["changed"]
    assert len(owner.kkp.changes) == before
    assert len(result["warnings"]) == 1
    assert "KKP does not return spec.cloud.openstack.useOctavia" in result["warnings"][0]


def test_credentials_are_in_no_result_and_no_diff(owner: Bench) -> None:
    shown = json.dumps([owner.run(TASK, check=True, **WISH), owner.run(TASK, **WISH), owner.run(TASK, **WISH)])
    assert "pa55-of-the-robot" not in shown
    assert "robot-user" not in shown


def test_a_message_of_kkp_that_repeats_a_credential_is_cleaned(owner: Bench) -> None:
    said = envelope(400, "invalid credentials: pa55-of-the-robot of robot-user is wrong")
    owner.kkp.faults.append(Fault(method="POST", path="/clusters$", status=400, content=said))
    with pytest.raises(KkpApiError, match=r"invalid credentials: \(redacted\) of \(redacted\) is wrong"):
        owner.run(TASK, **WISH)


def test_check_mode_without_a_project_tells_of_a_new_cluster(user: Bench) -> None:
    result = user.run(TASK, check=True, **WISH)
    assert result["changed"]
    assert result["diff"][0]["after"]["name"] == "gpu-prod"
    assert not user.run(TASK, check=True, **HERE, state="absent")["changed"]
    assert user.kkp.changes == []


def test_without_a_project_nothing_is_made(user: Bench) -> None:
    with pytest.raises(OptionError, match="no project of that name or id"):
        user.run(TASK, **WISH)
    assert not user.run(TASK, **HERE, state="absent")["changed"]


def test_only_what_differs_is_patched(owner: Bench) -> None:
    owner.run(TASK, **WISH)
    spec = {**WISH["spec"], "mla": {"monitoringEnabled": True, "loggingEnabled": True}}
    result = owner.run(TASK, **{**WISH, "labels": {"team": "ml"}, "spec": spec})
    (request,) = owner.kkp.asked("PATCH")
    assert request.body == {"labels": {"team": "ml", "env": None}, "spec": {"mla": {"loggingEnabled": True}}}
    assert result["diff"][0]["before"] == {"labels": {"env": "ai"}, "spec": {"mla": {}}}
    assert result["cluster"]["labels"] == {"team": "ml"}


def test_what_kkp_cannot_change_is_left_and_named(owner: Bench) -> None:
    owner.run(TASK, **WISH)
    spec = {"clusterNetwork": {"pods": {"cidrBlocks": ["10.0.0.0/8"]}}}
    result = owner.run(TASK, **HERE, datacenter="fake-dc", spec=spec)
    assert not result["changed"]
    assert "cannot change spec.clusterNetwork.pods.cidrBlocks, spec.cloud.dc" in result["warnings"][0]


def test_an_upgrade_waits_for_the_control_plane(owner: Bench) -> None:
    owner.run(TASK, **{**WISH, "version": "1.34.2"})
    assert not owner.run(TASK, **{**WISH, "version": "1.34"})["changed"]
    result = owner.run(TASK, **{**WISH, "version": "1.34.9"})
    assert result["cluster"]["running_version"] == "1.34.9"
    assert owner.kkp.asked("PATCH")[-1].body == {"spec": {"version": "1.34.9"}}


def test_an_upgrade_that_is_not_offered_names_those_that_are(owner: Bench) -> None:
    owner.run(TASK, **WISH)
    with pytest.raises(OptionError, match=r"runs 1.34.10 and can go to: 1.34.2, 1.34.9, 1.34.10; expected one of them"):
        owner.run(TASK, **{**WISH, "version": "1.35"})


def test_an_upgrade_held_back_by_old_kubelets_says_so(owner: Bench) -> None:
    owner.run(TASK, **{**WISH, "version": "1.34.2"})
    owner.kkp.state["held"] = "1.34.9"
    with pytest.raises(OptionError, match="nodes whose kubelets are too old"):
        owner.run(TASK, **{**WISH, "version": "1.34.9"})


def test_kubelets_follow_where_asked(owner: Bench) -> None:
    made = owner.run(TASK, **{**WISH, "version": "1.34.2"})["cluster"]["id"]
    pool = {"id": "pool", "name": "pool", "looks": 9, "generation": 1, "status": {}}
    spec = {"replicas": 0, "template": {"cloud": {}, "operatingSystem": {"ubuntu": {}}, "versions": {"kubelet": "1.34.2"}}}
    owner.kkp.state[f"machines-{made}"] = {"pool": {**pool, "spec": spec}}
    result = owner.run(TASK, **{**WISH, "version": "1.34.9", "upgrade_nodes": True})
    assert result["diff"][1]["before"] == {"pool": "1.34.2"}
    assert owner.kkp.asked("PUT", "nodes/upgrades")[0].body == {"version": "1.34.9"}
    assert not owner.run(TASK, **{**WISH, "version": "1.34.9", "upgrade_nodes": True})["changed"]


def test_it_goes_with_volumes_and_load_balancers(owner: Bench) -> None:
    owner.run(TASK, **WISH)
    assert owner.run(TASK, **HERE, state="absent", delete_volumes=True, delete_load_balancers=True)["changed"]
    (request,) = owner.kkp.asked("DELETE")
    assert request.headers["DeleteVolumes"] == request.headers["DeleteLoadBalancers"] == "true"
    assert owner.kkp.state["clusters"] == {}
    assert not owner.run(TASK, **HERE, state="absent")["changed"]


def test_a_cluster_on_its_way_out_is_not_taken_for_the_wanted_one(owner: Bench) -> None:
    first = owner.run(TASK, **WISH)["cluster"]["id"]
    owner.run(TASK, **HERE, state="absent", wait=False)
    assert owner.run(TASK, **WISH)["cluster"]["id"] != first


def test_time_up_names_components_and_last_warnings(owner: Bench) -> None:
    owner.kkp.state["stuck"] = True
    with pytest.raises(
        NotReadyInTimeError, match=r"etcd down.*a healthy control plane of version 1.34.10.*last warnings: no image for etcd"
    ):
        owner.run(TASK, **WISH, wait_timeout=30)


def test_components_can_be_waited_for_and_must_be_known(owner: Bench) -> None:
    with pytest.raises(NotReadyInTimeError, match="monitoring not reported"):
        owner.run(TASK, **WISH, wait_for=["monitoring"], wait_timeout=10)
    with pytest.raises(OptionError, match="option wait_for: found applications; expected one of etcd"):
        owner.run(TASK, **WISH, wait_for=["applications"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"spec": {"cniPlugins": {}}}, "did you mean cniPlugin"),
        ({"spec": {"features": {"x": True}}}, "neither takes nor returns feature flags"),
        ({"spec": {"version": "1.34.2"}}, "the option version instead"),
        ({"cloud": {"password": "x"}}, "option cloud.password: found a credential"),
        ({"version": "latest"}, "a text that is no version"),
        ({"version": "1.31"}, "expected one of them"),
        ({"name": "x" * 101}, "expected at most 100"),
        ({"provider": None}, "no option provider"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_made(owner: Bench, wrong: dict[str, JSON], message: str) -> None:
    before = len(owner.kkp.changes)
    with pytest.raises(OptionError, match=message):
        owner.run(TASK, **{**WISH, **wrong})
    assert len(owner.kkp.changes) == before


def test_an_unknown_datacenter_is_told_in_kkps_words(owner: Bench) -> None:
    with pytest.raises(KkpApiError, match="HTTP 500: can not find seed for datacenter nowhere.*unknown datacenter"):
        owner.run(TASK, **{**WISH, "datacenter": "nowhere"})


def test_a_500_after_a_create_that_happened_makes_no_second_cluster(owner: Bench) -> None:
    fault = Fault(method="POST", path="/clusters$", status=500, content=envelope(500, TIMED_OUT), carried_out=True)
    owner.kkp.faults.append(fault)
    assert owner.run(TASK, **WISH)["cluster"]["running_version"] == "1.34.10"
    assert len(owner.kkp.asked("POST", "/clusters$")) == len(owner.kkp.state["clusters"]) == 1


@pytest.mark.parametrize("status", [0, 502, 504])
@pytest.mark.parametrize("carried_out", [False, True])
def test_a_create_whose_answer_is_lost_is_looked_for_first(owner: Bench, status: int, *, carried_out: bool) -> None:
    owner.kkp.faults.append(Fault(method="POST", path="/clusters$", status=status, carried_out=carried_out))
    owner.run(TASK, **WISH)
    assert len(owner.kkp.state["clusters"]) == 1
    assert len(owner.kkp.asked("POST", "/clusters$")) == (1 if carried_out else 2)


def test_a_broken_seed_makes_no_duplicate_and_no_absence(owner: Bench) -> None:
    owner.run(TASK, **WISH)
    before = len(owner.kkp.changes)
    owner.kkp.state["broken_seed"] = "failed to fetch data from seeds: america"
    with pytest.raises(PartialListError, match="incomplete: failed to fetch data from seeds: america"):
        owner.run(TASK, **WISH)
    with pytest.raises(PartialListError, match="nothing is created or called absent"):
        owner.run(TASK, **HERE, state="absent")
    assert len(owner.kkp.changes) == before


def test_a_cluster_that_a_partial_list_has_is_worked_on(owner: Bench) -> None:
    owner.run(TASK, **WISH)
    owner.kkp.state |= {"broken_seed": "failed to fetch data from seeds: america", "partial": True}
    assert not owner.run(TASK, **WISH)["changed"]
    result = owner.run(CLUSTER_INFO, project="ai-platform")
    assert not result["complete"]
    assert "america" in result["warnings"][0]


def test_two_of_one_name_are_refused(owner: Bench) -> None:
    made = owner.run(TASK, **WISH)["cluster"]["id"]
    owner.kkp.state["clusters"]["c000000009"] = {**owner.kkp.state["clusters"][made], "id": "c000000009"}
    with pytest.raises(AmbiguousNameError, match="2 of that name"):
        owner.run(TASK, **HERE, state="absent")


def test_info_gathers_what_is_asked_for(owner: Bench) -> None:
    owner.run(TASK, **WISH)
    gathered = owner.run(CLUSTER_INFO, **HERE, gather=["health", "events", "upgrades", "metrics"])["clusters"]
    assert len(gathered) == 1
    assert gathered[0]["ready"]
    assert gathered[0]["events"][0]["message"] == "no image for etcd"
    assert gathered[0]["upgrades"][-1] == "1.34.10"
    assert gathered[0]["metrics"] == {}
    assert owner.run(CLUSTER_INFO, project="ai-platform", name="other")["clusters"] == []
