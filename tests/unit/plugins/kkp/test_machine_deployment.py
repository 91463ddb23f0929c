# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kkp_machine_deployment and kkp_machine_deployment_info."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.cluster_task import TASK as CLUSTER
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.errors import KkpApiError, NotReadyInTimeError, OptionError
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.info_tasks import MACHINE_DEPLOYMENT_INFO
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.machine_deployment_task import TASK
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.project_task import TASK as PROJECT

from tests.unit.plugins.kkp.fake_kkp import Fault, envelope
from tests.unit.plugins.kkp.harness import Bench

JSON = Any

HERE = {"project": "ai-platform", "cluster": "gpu-prod", "name": "gpu-a100"}
GPU = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
WISH: dict[str, JSON] = {
    **HERE,
    "replicas": 1,
    "cloud": {"openstack": {"flavor": "g1.a100.1", "image": "kubermatic-ubuntu", "diskSize": 100}},
    "operating_system": "ubuntu",
    "labels": {"accelerator": "nvidia"},
    "taints": [GPU],
    "capacity": {"cpu": "16", "memory": "128Gi", "gpu_count": 1, "gpu_type": "nvidia.com/gpu"},
}


@pytest.fixture
def owner(user: Bench) -> Bench:
    """Somebody with a cluster that is being made."""
    user.run(PROJECT, name="ai-platform")
    user.run(CLUSTER, project="ai-platform", name="gpu-prod", version="1.34", datacenter="os-fra", provider="openstack", wait=False)
    return user


def test_a_pool_is_made_when_the_control_plane_is_up_and_waited_for(owner: Bench) -> None:
    result = owner.run(TASK, **WISH)
    assert result["changed"]
    assert result["machine_deployment"]["ready_replicas"] == 1
    (request,) = owner.kkp.asked("POST", "/machinedeployments$")
    assert request.body["annotations"]["capacity.cluster-autoscaler.kubernetes.io/gpu-count"] == "1"
    assert request.body["spec"]["template"]["taints"] == [GPU]


def test_a_second_time_nothing_changes(owner: Bench) -> None:
    owner.run(TASK, **WISH)
    before = len(owner.kkp.changes)
    assert not owner.run(TASK, **WISH)["changed"]
    assert len(owner.kkp.changes) == before


def test_check_mode_before_the_cluster_is_there_or_up(owner: Bench) -> None:
    assert owner.run(TASK, check=True, **WISH)["changed"]
    assert owner.run(TASK, check=True, **{**WISH, "cluster": "other"})["diff"][0]["after"]["name"] == "gpu-a100"
    assert not owner.run(TASK, check=True, **HERE, state="absent")["changed"]
    assert owner.kkp.asked("POST", "/machinedeployments$") == []


def test_scaling_is_waited_for_up_and_down(owner: Bench) -> None:
    owner.run(TASK, **WISH)
    up = owner.run(TASK, **HERE, replicas=3)
    assert up["diff"][0]["before"] == {"spec": {"replicas": 1}}
    assert up["machine_deployment"]["ready_replicas"] == 3
    down = owner.run(TASK, **HERE, replicas=1)
    assert down["machine_deployment"]["ready_replicas"] == 1


def test_a_change_of_the_template_is_waited_for_by_generation(owner: Bench) -> None:
    owner.run(TASK, **WISH)
    asked = len(owner.kkp.asked("GET", "/machinedeployments/gpu-a100$"))
    result = owner.run(TASK, **HERE, labels={"accelerator": "nvidia", "mig": "on"})
    assert result["changed"]
    assert len(owner.kkp.asked("GET", "/machinedeployments/gpu-a100$")) - asked >= 2
    assert owner.kkp.asked("PATCH")[-1].body == {"spec": {"template": {"labels": {"mig": "on"}}}}


def test_without_replicas_the_number_is_the_autoscalers(owner: Bench) -> None:
    bounded = {key: value for key, value in WISH.items() if key != "replicas"} | {"min_replicas": 2, "max_replicas": 4}
    assert owner.run(TASK, **bounded)["machine_deployment"]["replicas"] == 2
    (cluster,) = owner.kkp.state["clusters"]
    owner.kkp.state[f"machines-{cluster}"]["gpu-a100"]["spec"]["replicas"] = 4
    assert not owner.run(TASK, **bounded)["changed"]
    lower = owner.run(TASK, **{**bounded, "max_replicas": 3})
    assert lower["machine_deployment"]["replicas"] == 3
    free = owner.run(TASK, **HERE, autoscaling=False)
    assert free["machine_deployment"]["max_replicas"] is None
    assert not owner.run(TASK, **HERE, autoscaling=False)["changed"]


def test_a_pool_can_start_from_nothing(owner: Bench) -> None:
    empty = {key: value for key, value in WISH.items() if key != "replicas"} | {"min_replicas": 0, "max_replicas": 4}
    assert owner.run(TASK, **empty)["machine_deployment"]["replicas"] == 0
    assert not owner.run(TASK, **empty)["changed"]
    assert owner.run(TASK, **HERE, autoscaling=False)["machine_deployment"]["min_replicas"] is None
    assert owner.run(TASK, **HERE, min_replicas=0)["machine_deployment"]["min_replicas"] == 0


def test_another_operating_system_replaces_the_first(owner: Bench) -> None:
    owner.run(TASK, **WISH)
    owner.run(TASK, **HERE, operating_system="flatcar")
    assert owner.kkp.asked("PATCH")[-1].body == {"spec": {"template": {"operatingSystem": {"flatcar": {}, "ubuntu": None}}}}
    assert not owner.run(TASK, **HERE, operating_system="flatcar")["changed"]


def test_a_restart_replaces_nodes_each_time(owner: Bench) -> None:
    owner.run(TASK, **WISH)
    assert owner.run(TASK, check=True, **HERE, state="restarted")["changed"]
    assert owner.kkp.asked("POST", "/restart$") == []
    assert owner.run(TASK, **HERE, state="restarted")["changed"]
    assert len(owner.kkp.asked("POST", "/restart$")) == 1


def test_it_goes_and_stays_away(owner: Bench) -> None:
    owner.run(TASK, **WISH)
    assert owner.run(TASK, **HERE, state="absent")["changed"]
    assert not owner.run(TASK, **HERE, state="absent")["changed"]
    assert not owner.run(TASK, **{**HERE, "cluster": "other"}, state="absent")["changed"]


def test_a_smaller_pool_is_waited_for_until_the_last_node_that_goes_is_gone(owner: Bench) -> None:
    owner.run(TASK, **{**WISH, "replicas": 2})
    owner.kkp.state["leaving"] = 3
    assert owner.run(TASK, **HERE, replicas=1)["machine_deployment"]["ready_replicas"] == 1
    assert owner.kkp.state["leaving"] == 0
    owner.kkp.state["leaving"] = 10**6
    with pytest.raises(NotReadyInTimeError, match="gpu-a100-x2 not gone yet"):
        owner.run(TASK, **HERE, replicas=1, wait_timeout=30)


def test_a_machine_that_is_given_up_ends_the_wait_at_once(owner: Bench) -> None:
    owner.kkp.state["broken_machine"] = "Quota exceeded for instances"
    with pytest.raises(
        NotReadyInTimeError, match="machine gpu-a100-x1.*InsufficientResources: Quota exceeded for instances; expected a node"
    ):
        owner.run(TASK, **WISH)
    assert owner.clock.seconds < 60


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"taints": [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}]}, "a taint without a value: nvidia.com/gpu"),
        ({"taints": [{"key": "", "value": "x", "effect": "NoSchedule"}]}, "a taint without a key"),
        ({"min_replicas": 3, "max_replicas": 2}, "expected at most max_replicas, 2"),
        ({"min_replicas": 5}, "option replicas: found 1"),
        ({"replicas": 9, "max_replicas": 2}, "expected between 0 and 2"),
        ({"cloud": {"openstack": {}, "aws": {}}}, "found 2 providers"),
        ({"cloud": {}}, "no option cloud"),
        ({"cluster": "other"}, "no cluster of that name or id"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_made(owner: Bench, wrong: dict[str, JSON], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        owner.run(TASK, **{**WISH, **wrong})
    assert owner.kkp.asked("POST", "/machinedeployments$") == []


def test_a_create_that_happened_although_kkp_says_500_is_taken(owner: Bench) -> None:
    taken = envelope(500, 'failed to create machine deployment: machinedeployments.cluster.k8s.io "gpu-a100" already exists')
    owner.kkp.faults.append(Fault(method="POST", path="/machinedeployments$", status=500, content=taken, carried_out=True))
    assert owner.run(TASK, **WISH)["machine_deployment"]["ready_replicas"] == 1


def test_a_control_plane_that_steps_back_is_asked_again(owner: Bench) -> None:
    refused = envelope(503, "Cluster components are not ready yet")
    owner.kkp.faults.append(Fault(method="POST", path="/machinedeployments$", status=503, content=refused, times=3))
    assert owner.run(TASK, **WISH)["changed"]
    assert len(owner.kkp.asked("POST", "/machinedeployments$")) == 4


def test_a_conflict_with_somebody_else_is_tried_again(owner: Bench) -> None:
    owner.run(TASK, **WISH)
    said = envelope(409, 'Operation cannot be fulfilled on machinedeployments "gpu-a100": the object has been modified')
    owner.kkp.faults.append(Fault(method="PATCH", path="/gpu-a100$", status=409, content=said))
    assert owner.run(TASK, **HERE, replicas=2)["machine_deployment"]["replicas"] == 2


def test_kkps_validation_reaches_the_user(owner: Bench) -> None:
    said = envelope(400, "node deployment validation failed: kubelet version 9.6.0 is not compatible with control plane version 9.9.9")
    owner.kkp.faults.append(Fault(method="POST", path="/machinedeployments$", status=400, content=said))
    with pytest.raises(KkpApiError, match=r"kubelet version 9\.6\.0 is not compatible.*the message, which names the field"):
        owner.run(TASK, **WISH)


def test_info_tells_of_nodes_and_what_lacks(owner: Bench) -> None:
    owner.run(TASK, **WISH, wait=True)
    (pool,) = owner.run(MACHINE_DEPLOYMENT_INFO, project="ai-platform", cluster="gpu-prod")["machine_deployments"]
    assert pool["lacking"] == ""
    assert pool["nodes"][0]["labels"] == {"nvidia.com/gpu.product": "NVIDIA-A100"}
    assert owner.run(MACHINE_DEPLOYMENT_INFO, **{**HERE, "name": "other"})["machine_deployments"] == []
