# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters and their machines: what is refused in which words, what is shown, what happens on its own."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.errors import LabError
from lab.kkp_api.user_cluster import MACHINES
from tests.unit.lab.kkp_api.running import Api, PlatformInMemory, pool, running, wanted


def create(api: Api, project: str, *, spec: dict[str, Any] | None = None, **changes: Any) -> tuple[int, str]:
    body = {**wanted(), **changes}
    body["spec"] = {**body["spec"], **(spec or {})}
    return api.ask("POST", f"/api/v2/projects/{project}/clusters", {"cluster": body}).error


@pytest.mark.parametrize(
    ("spec", "changes", "status", "message"),
    [
        ({"version": ""}, {}, 400, 'invalid cluster: invalid cloud spec "Version" is required but was not specified'),
        ({"version": "1.2.3"}, {}, 400, "invalid cluster: invalid cloud spec: unsupported version 1.2.3"),
        ({"cloud": {"dc": "moon"}}, {}, 500, "can not find seed for datacenter moon"),
        ({"cloud": {}}, {}, 400, "datacenter name is empty"),
        ({"cniPlugin": {"type": "cilium"}}, {}, 400, "clusters of this lab have 'none'"),
        ({"kubelb": {"enabled": True}}, {}, 400, "spec.kubelb.enabled"),
        ({"clusterNetwork": {"pods": {"cidrBlocks": ["10.0.0.0/8"]}}}, {}, 400, "address plan"),
        ({}, {"name": "x" * 101}, 400, "1 to 100 characters"),
        ({}, {"id": "abc"}, 400, "read-only"),
        ({}, {"credential": "nobody"}, 400, 'preset "nobody" not found'),
        ({}, {"credential": ""}, 400, "invalid credentials"),
    ],
)
def test_a_wrong_cluster_is_refused(api: Api, spec: Any, changes: Any, status: int, message: str) -> None:
    found = create(api, api.project(), spec=spec, **changes)
    assert found[0] == status
    assert message in found[1]


def test_a_cluster_comes_up_in_its_own_time(api: Api) -> None:
    project = api.project()
    api.platform.may_create.clear()
    made = api.order(project)
    assert (made.status, made.body["status"]["url"], made.body["status"]["version"]) == (201, "", "")
    path = f"/api/v2/projects/{project}/clusters/{made.body['id']}"
    assert set(api.ask("GET", f"{path}/health").body.values()) == {"HealthStatusDown"}
    assert api.ask("GET", f"{path}/kubeconfig").error == (404, 'secrets "admin-kubeconfig" not found')
    assert api.ask("GET", f"{path}/machinedeployments").error == (503, "Cluster components are not ready yet")
    api.platform.may_create.set()
    api.until(lambda: set(api.ask("GET", f"{path}/health").body.values()) == {"HealthStatusUp"})
    assert api.ask("GET", path).body["status"]["version"] == "1.34.4"
    kubeconfig = api.ask("GET", f"{path}/kubeconfig")
    assert kubeconfig.headers["content-disposition"] == f"attachment; filename=kubeconfig-admin-{made.body['id']}"
    assert yaml.safe_load(kubeconfig.text)["current-context"] == made.body["id"]


def test_a_name_is_taken_once_and_no_credentials_are_shown(api: Api) -> None:
    project = api.project()
    api.cluster(project)
    assert api.order(project).error == (409, 'cluster "one" already exists')
    listed = api.ask("GET", f"/api/v2/projects/{project}/clusters?show_dm_count=true")
    assert "not-shown" not in listed.text
    assert listed.body["clusters"][0]["machineDeploymentCount"] == 0
    assert listed.body["clusters"][0]["spec"]["cloud"]["openstack"] == {"network": "net"}
    assert listed.body["clusters"][0]["annotations"] == {
        "presetName": "lab",
        "kubermatic.io/initial-application-installations-request": "[]",
    }


def test_what_was_asked_for_with_a_cluster_appears_later(api: Api) -> None:
    project = api.project()
    path = api.cluster(project, nodeDeployment=pool(), applications=[{"spec": application()}])
    api.until(lambda: [one["name"] for one in api.ask("GET", f"{path}/machinedeployments").body] == ["gpu"])
    api.until(lambda: [one["name"] for one in api.ask("GET", f"{path}/applicationinstallations").body] == ["kueue-instance"])
    api.until(lambda: set(api.ask("GET", path).body["annotations"]) == {"presetName"})


def test_a_patch_changes_what_can_be_changed(api: Api) -> None:
    path = api.cluster(api.project())
    changed = api.ask("PATCH", path, {"name": "new", "labels": {"a": "b"}, "spec": {"features": {"x": True}, "version": "1.34.4"}}).body
    assert (changed["name"], changed["labels"], "features" in changed["spec"]) == ("new", {"a": "b"}, False)
    assert "labels" not in api.ask("PATCH", path, {"labels": {"a": None}}).body
    assert api.ask("PATCH", path, "[").error == (400, "cannot patch cluster: Invalid JSON Patch")
    assert api.ask("PATCH", path, {"spec": {"version": "9.9.9"}}).status == 400


def test_a_cluster_is_gone_after_its_deletion(api: Api) -> None:
    path = api.cluster(api.project())
    assert api.ask("DELETE", path, DeleteVolumes="true").text == "{}"
    key = path.rpartition("/")[2]
    api.until(lambda: api.ask("GET", path).status == 404)
    assert api.ask("GET", path).error == (404, f'cluster-provider "{key}" not found')
    assert api.platform.clusters == {}


def test_a_viewer_gets_a_kubeconfig_that_only_looks(api: Api) -> None:
    project = api.project()
    viewer = api.user("vic@example.com")
    member = {"email": "vic@example.com", "projects": [{"id": project, "group": "viewers"}]}
    assert api.ask("POST", f"/api/v1/projects/{project}/users", member).status == 201
    path = api.cluster(project)
    found = api.ask("GET", f"{path}/kubeconfig", token=viewer)
    assert "kubeconfig-viewer" in found.headers["content-disposition"]
    assert yaml.safe_load(found.text)["users"] == [{"name": "ailab-viewer", "user": {"token": "made-up"}}]
    assert api.ask("DELETE", path, token=viewer).status == 403


@pytest.mark.parametrize(
    ("spec", "status", "message"),
    [
        ({"minReplicas": 5, "replicas": 3}, 400, "replica count (3) cannot be lower then autoscaler minreplicas (5)."),
        ({"maxReplicas": 2, "replicas": 3}, 400, "replica count (3) cannot be higher then autoscaler maxreplicas (2)."),
        ({"taints": [{"key": "a", "value": "b", "effect": "BAD_EFFECT"}]}, 400, "taint effect 'BAD_EFFECT' not allowed"),
        ({"taints": [{"key": "a", "value": "", "effect": "NoSchedule"}]}, 400, "taint value must be set"),
        ({"versions": {"kubelet": "9.6.0"}}, 400, "kubelet version 9.6.0 is not compatible with control plane version 1.34.4"),
        ({"cloud": {"openstack": {"image": "x"}}}, 500, "missing or invalid required parameter(s): flavor"),
        ({"cloud": {"openstack": {"image": "x", "flavor": "huge"}}}, 500, "flavor 'huge' not found"),
        ({"operatingSystem": {}}, 500, "no machine os was provided"),
        ({"operatingSystem": {"ubuntu": {}, "flatcar": {}}}, 400, "cannot have more than one os"),
        ({"dynamicConfig": True}, 400, "dynamic config cannot be configured"),
    ],
)
def test_a_wrong_machine_deployment_is_refused(api: Api, spec: dict[str, Any], status: int, message: str) -> None:
    path, body = api.cluster(api.project()), pool()
    for key, value in spec.items():
        (body["spec"] if key in ("minReplicas", "maxReplicas", "replicas", "dynamicConfig") else body["spec"]["template"])[key] = value
    found = api.ask("POST", f"{path}/machinedeployments", body).error
    assert found[0] == status
    assert message in found[1]


def test_machine_deployments_are_objects_of_the_user_cluster(api: Api) -> None:
    path = api.cluster(api.project())
    made = api.ask("POST", f"{path}/machinedeployments", pool(minReplicas=1, maxReplicas=3))
    assert (made.status, made.body["spec"]["maxReplicas"], made.body["annotations"]) == (201, 3, {})
    assert made.body["spec"]["template"]["labels"] == {"ailab.conformance/gpu-pool": "dra"}
    cluster = api.platform.clusters[path.rpartition("/")[2]]
    found = cluster.get(f"{MACHINES}/machinedeployments/gpu")
    assert found["metadata"]["annotations"]["cluster.k8s.io/cluster-api-autoscaler-node-group-max-size"] == "3"
    provider = found["spec"]["template"]["spec"]["providerSpec"]["value"]["cloudProviderSpec"]
    assert provider["accelerators"] == {"allocation": "dra", "count": 2}
    again = api.ask("POST", f"{path}/machinedeployments", pool())
    assert again.error == (500, 'failed to create machine deployment: machinedeployments "gpu" already exists')


def test_a_machine_deployment_may_be_empty(api: Api) -> None:
    path = api.cluster(api.project())
    wanted = pool(replicas=0, minReplicas=0, maxReplicas=2)
    made = api.ask("POST", f"{path}/machinedeployments", wanted | {"annotations": {"capacity.cluster-autoscaler.kubernetes.io/cpu": "2"}})
    assert (made.status, made.body["spec"]["replicas"], made.body["spec"]["minReplicas"]) == (201, 0, 0)
    found = api.platform.clusters[path.rpartition("/")[2]].get(f"{MACHINES}/machinedeployments/gpu")
    assert found["metadata"]["annotations"] == {
        "capacity.cluster-autoscaler.kubernetes.io/cpu": "2",
        "cluster.k8s.io/cluster-api-autoscaler-node-group-min-size": "0",
        "cluster.k8s.io/cluster-api-autoscaler-node-group-max-size": "2",
    }


def test_a_machine_deployment_is_scaled_restarted_and_deleted(api: Api) -> None:
    path = api.cluster(api.project())
    one = f"{path}/machinedeployments/gpu"
    api.ask("POST", f"{path}/machinedeployments", pool(minReplicas=1, maxReplicas=3))
    cluster = api.platform.clusters[path.rpartition("/")[2]]
    selector = cluster.get(f"{MACHINES}/machinedeployments/gpu")["spec"]["selector"]
    assert api.ask("PATCH", one, {"spec": {"replicas": 3}}).body["spec"]["replicas"] == 3
    assert api.ask("PATCH", one, {"spec": {"replicas": 4}}).error == (
        400,
        "replica count (4) cannot be higher then autoscaler maxreplicas (3)",
    )
    assert api.ask("PATCH", one, {"spec": {"replicas": -1}}).error[0] == 400
    assert "maxReplicas" not in api.ask("PATCH", one, {"spec": {"maxReplicas": None}}).body["spec"]
    assert api.ask("POST", f"{one}/restart").status == 200
    found = cluster.get(f"{MACHINES}/machinedeployments/gpu")
    assert found["spec"]["selector"] == selector
    assert found["spec"]["template"]["spec"]["metadata"]["annotations"]["forceRestart"]
    api.ask("PATCH", one, {"spec": {"paused": True}})
    assert cluster.get(f"{MACHINES}/machinedeployments/gpu")["spec"]["template"]["spec"]["metadata"]["annotations"]["forceRestart"]
    assert api.ask("DELETE", one).text == "{}"
    assert api.ask("GET", one).status == 404


def application() -> dict[str, Any]:
    return {"applicationRef": {"name": "kueue", "version": "v1"}, "namespace": {"name": "kueue", "create": True}, "values": {"a": 1}}


def test_applications_are_objects_whose_status_is_true(api: Api) -> None:
    path = f"{api.cluster(api.project())}/applicationinstallations"
    made = api.ask("POST", path, {"name": "q", "namespace": "apps", "spec": application()})
    assert (made.status, made.body["spec"]["valuesBlock"], "values" in made.body["spec"]) == (201, "a: 1\n", False)
    one = f"{path}/apps/q"
    api.until(lambda: bool(api.ask("GET", one).body["status"]["conditions"]))
    ready = {condition["type"]: condition for condition in api.ask("GET", one).body["status"]["conditions"]}["Ready"]
    assert (ready["status"], ready["reason"]) == ("False", "InstallationFailed")
    assert "not found" in ready["message"]
    api.ask("POST", "/api/v2/applicationdefinitions", {"name": "kueue", "Spec": {"enforced": True, "versions": [{"version": "v1"}]}})
    assert "enforced and cannot be deleted" in api.ask("DELETE", one).error[1]
    api.ask("PATCH", "/api/v2/applicationdefinitions/kueue", {"spec": {"enforced": False}})
    assert api.ask("DELETE", one).status == 200
    assert api.ask("GET", one).status == 404


def test_monitoring_settings_travel_as_base64(api: Api) -> None:
    path = api.cluster(api.project())
    data = base64.b64encode(b"name: gpus\nrules: []\n").decode()
    assert api.ask("POST", f"{path}/rulegroups", {"type": "Metrics", "data": data}).body["name"] == "gpus"
    assert api.ask("POST", f"{path}/rulegroups", {"type": "Metrics", "data": "e30="}).status == 400
    assert api.ask("GET", f"{path}/rulegroups/gpus").body["data"] == data
    assert api.ask("GET", f"{path}/mlaadminsetting").status == 404
    assert api.ask("PATCH", path, {"spec": {"mla": {"monitoringEnabled": True}}}).status == 200
    assert api.ask("GET", f"{path}/health").body["monitoring"] == "HealthStatusDown"


def test_quotas_say_what_would_be_too_much(api: Api) -> None:
    project = api.project()
    assert api.ask("GET", f"/api/v2/projects/{project}/quota").status == 404
    quota = {"subjectKind": "project", "subjectName": project, "quota": {"cpu": 4, "memory": 8}}
    assert api.ask("POST", "/api/v2/quotas", quota).status == 201
    question = {"replicas": 3, "openstackSize": {"vcpus": 2, "memory": 1024}}
    found = api.ask("POST", f"/api/v2/projects/{project}/quotacalculation", question).body
    assert (found["message"], found["calculatedQuota"]["cpu"]) == ("quota exceeded: cpu", 6)


def test_a_failed_step_is_told_and_tried_again(api: Api) -> None:
    failures = [LabError("the node", found="a fault", expected="none", see="the test")]

    def fail_once() -> None:
        if failures:
            raise failures.pop()

    api.platform.before_create = fail_once
    path = api.cluster(api.project())
    warnings = api.ask("GET", f"{path}/events?type=warning").body
    assert ["a fault" in event["message"] for event in warnings] == [True]
    assert api.ask("GET", f"{path}/events?type=x").error == (500, "wrong query parameter, unsupported type: x")


def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    platform = PlatformInMemory()
    with running(tmp_path, platform) as api:
        api.preset()
        project = api.project()
        platform.may_create.clear()
        key = api.order(project, nodeDeployment=pool()).body["id"]
        # What a kill leaves: the rows as they were when the step began.
        rows = api.services.store.all("work")
        kept = api.services.store.get("cluster", key)
        assert kept is not None
    platform.delete(key)
    with running(tmp_path, platform) as api:
        with api.services.store.together():
            api.services.store.put("cluster", key, kept, parent=project)
            for row in rows:
                api.services.store.put("work", row["subject"], row)
        path = f"/api/v2/projects/{project}/clusters/{key}"
        api.until(lambda: len(api.ask("GET", f"{path}/machinedeployments").body) == 1)
        api.ask("DELETE", path)
        api.until(lambda: api.ask("GET", path).status == 404)
