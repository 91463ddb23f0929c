# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation of the API is one of KKP's, and answers as KKP's OpenAPI document says; exceptions are listed with their reason."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.kkp_api.calls import Operation
from lab.kkp_api.routes import KKP
from lab.kkp_api.user_cluster import MACHINES
from tests.contract.api.openapi import VARIABLE, Document, place
from tests.unit.lab.kkp_api.running import Answer, Api, ClusterInMemory, pool, running

pytestmark = pytest.mark.skipif(not place().exists(), reason=f"KKP's OpenAPI document is not at {place()}: {VARIABLE} names another place")

_CLUSTER = "/api/v2/projects/{project_id}/clusters/{cluster_id}"
# Operation → where the document has it, since KKP's routes are not quite where the document says.
ELSEWHERE = {
    ("POST", f"{_CLUSTER}/machinedeployments/{{machinedeployment_id}}/restart"): (
        "POST",
        f"{_CLUSTER}/machinedeployments/{{machinedeployment_id}}",
    ),
    ("DELETE", f"{_CLUSTER}/sshkeys/{{key_id}}"): ("DELETE", "/api/projects/{project_id}/clusters/{cluster_id}/sshkeys/{key_id}"),
}
UNDESCRIBED = {("GET", "/api/v1/healthz"): "a plain handler beside the documented API"}
NOT_JSON = {("GET", f"{_CLUSTER}/kubeconfig"): "raw YAML; the document says an array of integers"}
_BASE64 = {"type": "string", "pattern": "^[A-Za-z0-9+/]*={0,2}$"}
OVERRIDES: dict[str, dict[str, Any]] = {
    # Go's byte slices travel as base64 text; the document has arrays of integers.
    "AlertmanagerSpec": {"config": _BASE64},
    "RuleGroup": {"data": _BASE64},
    # A nil slice that Go encodes as null.
    "DNSConfig": {"servers": {"type": ["array", "null"]}},
    # The pattern in the document has the quotes of its source code in it, and matches nothing.
    "NamespaceSpec": {"name": {"type": "string"}},
    "AppNamespaceSpec": {"name": {"type": "string"}},
    # A duration is text in JSON, an object in the document.
    "ApplicationInstallationSpec": {"reconciliationInterval": {"type": "string"}},
}


@pytest.fixture(scope="module")
def document() -> Document:
    return Document(place(), OVERRIDES)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, Answer]]:
    """All replies of one long conversation."""
    with running(tmp_path_factory.mktemp("kkp")) as api:
        for step in conversation(api):
            assert step.status < 300, step.text
        refusals(api)
        return api.told


def _operation(method: str, path: str) -> Operation | None:
    """The operation that answers a request; one with more fixed words goes first."""
    found = [one for one in KKP if one.method == method and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", one.path), path.partition("?")[0])]
    return min(found, key=lambda one: one.path.count("{"), default=None)


@pytest.mark.parametrize("operation", KKP, ids=lambda operation: f"{operation.method} {operation.path}")
def test_an_operation_is_one_of_kkps(document: Document, operation: Operation) -> None:
    key = (operation.method, operation.path)
    assert document.has(*ELSEWHERE.get(key, key)) or key in UNDESCRIBED


@pytest.mark.parametrize("operation", KKP, ids=lambda operation: f"{operation.method} {operation.path}")
def test_replies_are_as_described(document: Document, told: list[tuple[str, str, Answer]], operation: Operation) -> None:
    key = (operation.method, operation.path)
    replies = [answer for method, path, answer in told if _operation(method, path) == operation]
    assert any(reply.status < 300 for reply in replies), "nothing in the conversation asks for it"
    for reply in replies:
        if key in UNDESCRIBED or (key in NOT_JSON and reply.status < 300):
            continue
        assert document.faults(*ELSEWHERE.get(key, key), reply.status, json.loads(reply.text)) == []


@pytest.mark.parametrize("exceptions", [ELSEWHERE, UNDESCRIBED, NOT_JSON])
def test_exceptions_are_of_operations_that_exist(exceptions: dict[tuple[str, str], Any]) -> None:
    assert {(one.method, one.path) for one in KKP} >= set(exceptions)


def conversation(api: Api) -> Iterator[Answer]:
    """A life with the API in which every operation is asked for."""
    ask = api.ask
    for path in ("healthz", "version", "me", "dc", "dc/lab", "seed", "seed/lab/dc", "providers/openstack/dc", "providers/openstack/dc/lab"):
        yield ask("GET", f"/api/v1/{path}")
    for path in ("upgrades/cluster", "upgrades/node?control_plane_version=1.34.4", "projects?displayAll=true"):
        yield ask("GET", f"/api/v1/{path}")
    for path in (
        "seeds/status",
        "seeds/lab/settings",
        "providers/openstack/versions",
        "featuregates",
        "presets",
        "providers/openstack/presets",
    ):
        yield ask("GET", f"/api/v2/{path}")
    api.preset()
    project = api.project()
    yield ask(
        "PUT", f"/api/v1/projects/{project}", {"name": "other", "labels": {"a": "b"}, "spec": {"allowedOperatingSystems": {"ubuntu": True}}}
    )
    yield ask("GET", "/api/v1/projects")
    yield ask("GET", f"/api/v2/projects/{project}/providers/openstack/sizes")
    yield from members(api, f"/api/v1/projects/{project}", project)
    yield from accounts(api, f"/api/v1/projects/{project}/serviceaccounts")
    yield from presets(api, project)
    yield from quotas(api, project)
    definition = {"name": "kueue", "Spec": {"displayName": "Kueue", "method": "helm", "versions": [{"version": "v1"}]}}
    yield ask("POST", "/api/v2/applicationdefinitions", definition)
    yield ask("PUT", "/api/v2/applicationdefinitions/kueue", {"Spec": {"description": "queues", "versions": [{"version": "v1"}]}})
    yield ask("PATCH", "/api/v2/applicationdefinitions/kueue", {"spec": {"default": False}})
    yield from clusters(api, project)
    for path in ("", "/kueue"):
        yield ask("GET", f"/api/v2/applicationdefinitions{path}")
    yield ask("DELETE", "/api/v2/applicationdefinitions/kueue")
    yield ask("DELETE", f"/api/v1/projects/{project}")


def members(api: Api, project: str, key: str) -> Iterator[Answer]:
    api.user("ann@example.com")
    made = api.ask("POST", f"{project}/users", {"email": "ann@example.com", "projects": [{"id": key, "group": "viewers"}]})
    yield made
    one = f"{project}/users/{made.body['id']}"
    yield api.ask("PUT", one, {"email": "ann@example.com", "projects": [{"id": key, "group": "editors"}]})
    yield api.ask("GET", f"{project}/users")
    yield api.ask("DELETE", one)


def accounts(api: Api, path: str) -> Iterator[Answer]:
    made = api.ask("POST", path, {"name": "ci", "group": "editors"})
    yield made
    one = f"{path}/{made.body['id']}"
    yield api.ask("PUT", one, {"id": made.body["id"], "name": "cd", "group": "viewers"})
    yield api.ask("GET", path)
    token = api.ask("POST", f"{one}/tokens", {"name": "t"})
    yield token
    key = token.body["id"]
    yield api.ask("GET", f"{one}/tokens")
    yield api.ask("PUT", f"{one}/tokens/{key}", {"id": key, "name": "t"})
    yield api.ask("PATCH", f"{one}/tokens/{key}", {"name": "u"})
    yield api.ask("DELETE", f"{one}/tokens/{key}")
    yield api.ask("DELETE", one)


def presets(api: Api, project: str) -> Iterator[Answer]:
    path, spec = "/api/v2/providers/openstack/presets", {"openstack": {"username": "a", "password": "b", "floatingIPPool": "public"}}
    yield api.ask("POST", path, {"name": "second", "spec": spec})
    yield api.ask("PUT", path, {"name": "second", "spec": spec})
    yield api.ask("GET", f"/api/v2/projects/{project}/providers/openstack/presets?name=second&disabled=true")
    yield api.ask("GET", "/api/v1/providers/openstack/presets/credentials?datacenter=lab")
    yield api.ask("PUT", "/api/v2/presets/second/status?provider=openstack", {"enabled": False})
    yield api.ask("DELETE", "/api/v2/presets/second/provider/openstack")
    yield api.ask("DELETE", "/api/v2/presets/second")


def quotas(api: Api, project: str) -> Iterator[Answer]:
    quota = {"subjectKind": "project", "subjectName": project, "quota": {"cpu": 100, "memory": 100.5}}
    yield api.ask("POST", "/api/v2/quotas", quota)
    yield api.ask("PUT", f"/api/v2/quotas/project-{project}", {"cpu": 200, "memory": 100.5, "storage": 500})
    for path in (f"projects/{project}/quota", "quotas", f"quotas/project-{project}"):
        yield api.ask("GET", f"/api/v2/{path}")
    yield api.ask("POST", f"/api/v2/projects/{project}/quotacalculation", {"replicas": 1, "openstackSize": {"vcpus": 2, "memory": 4096}})
    yield api.ask("DELETE", f"/api/v2/quotas/project-{project}")


def clusters(api: Api, project: str) -> Iterator[Answer]:
    ask = api.ask
    key = "ssh-ed25519 " + base64.b64encode(b"\x00\x00\x00\x0bssh-ed25519" + bytes(36)).decode()
    ssh_key = ask("POST", f"/api/v1/projects/{project}/sshkeys", {"name": "k", "spec": {"publicKey": key}})
    yield ssh_key
    cluster = api.cluster(project, nodeDeployment=pool("first"))
    yield ask("PATCH", cluster, {"labels": {"env": "ai"}, "spec": {"mla": {"monitoringEnabled": True}}})
    for path in ("", "?show_dm_count=true"):
        yield ask("GET", f"/api/v2/projects/{project}/clusters{path}")
    for path in ("", "/health", "/kubeconfig", "/events?type=normal", "/upgrades", "/nodes"):
        yield ask("GET", f"{cluster}{path}")
    yield ask("PUT", f"{cluster}/sshkeys/{ssh_key.body['id']}")
    yield ask("GET", f"{cluster}/sshkeys")
    yield ask("GET", f"/api/v1/projects/{project}/sshkeys")
    yield ask("DELETE", f"{cluster}/sshkeys/{ssh_key.body['id']}")
    yield ask("DELETE", f"/api/v1/projects/{project}/sshkeys/{ssh_key.body['id']}")
    yield from machines(api, cluster)
    yield from applications(api, f"{cluster}/applicationinstallations")
    yield from settings(api, cluster)
    yield ask("DELETE", cluster)


def machines(api: Api, cluster: str) -> Iterator[Answer]:
    path, ask = f"{cluster}/machinedeployments", api.ask
    yield ask("POST", path, pool(minReplicas=1, maxReplicas=3))
    one = f"{path}/gpu"
    yield ask("PATCH", one, {"spec": {"replicas": 2}, "annotations": {"k8c.io/operating-system-profile": "osp-ubuntu"}})
    yield ask("POST", f"{one}/restart")
    yield ask("PUT", f"{cluster}/nodes/upgrades", {"version": "1.34.4"})
    machine(api.platform.clusters[cluster.rpartition("/")[2]])
    for found in (path, one, f"{one}/nodes", f"{one}/nodes/events?type=normal", f"{cluster}/nodes", f"{cluster}/metrics"):
        yield ask("GET", found)
    yield ask("DELETE", f"{path}/nodes/gpu-1")
    yield ask("DELETE", one)


def machine(cluster: ClusterInMemory) -> None:
    """What the machine controller would have made: a machine with a node, and an event."""
    deployment = cluster.get(f"{MACHINES}/machinedeployments/gpu")
    meta = {"name": "gpu-1", "labels": deployment["spec"]["selector"]["matchLabels"]}
    spec = deployment["spec"]["template"]["spec"]
    cluster.create(f"{MACHINES}/machines", {"metadata": meta, "spec": spec, "status": {"nodeRef": {"name": "gpu-1"}}})
    deployment["status"] = {"observedGeneration": 1, "replicas": 2, "readyReplicas": 1, "unavailableReplicas": 1, "updatedReplicas": 2}
    info = {"kernelVersion": "6", "kubeletVersion": "v1.34.4", "operatingSystem": "linux", "architecture": "amd64"}
    amount = {"cpu": "2", "memory": "4Gi", "nvidia.com/gpu": "2"}
    status = {"capacity": amount, "allocatable": amount, "nodeInfo": {**info, "containerRuntimeVersion": "containerd://2.2.0"}}
    address = {"addresses": [{"type": "InternalIP", "address": "10.0.0.11"}]}
    labels = {"nvidia.com/gpu.product": "SIMULATED-H100-80GB", "other": "x"}
    cluster.create("/api/v1/nodes", {"metadata": {"name": "gpu-1", "labels": labels}, "status": {**status, **address}})
    cluster.create("/apis/metrics.k8s.io/v1beta1/nodes", {"metadata": {"name": "gpu-1"}, "usage": {"cpu": "250m", "memory": "1Gi"}})
    about = {"kind": "Node", "name": "gpu-1"}
    event = {"metadata": {"name": "gpu-1.1"}, "involvedObject": about, "type": "Normal", "message": "m", "lastTimestamp": None}
    cluster.create("/api/v1/namespaces/default/events", event)


def applications(api: Api, path: str) -> Iterator[Answer]:
    spec = {"applicationRef": {"name": "kueue", "version": "v1"}, "namespace": {"name": "kueue", "create": True}, "valuesBlock": "a: 1\n"}
    yield api.ask("POST", path, {"name": "q", "namespace": "apps", "spec": spec})
    one = f"{path}/apps/q"
    api.until(lambda: bool(api.ask("GET", one).body["status"]["conditions"]))
    yield api.ask("PUT", one, {"name": "q", "namespace": "apps", "spec": {**spec, "valuesBlock": "a: 2\n"}})
    yield api.ask("GET", path)
    yield api.ask("DELETE", one)


def settings(api: Api, cluster: str) -> Iterator[Answer]:
    ask, config = api.ask, f"{cluster}/alertmanager/config"
    yield ask("PUT", config, {"spec": {"config": base64.b64encode(b"alertmanager_config: x\n").decode()}})
    yield ask("GET", config)
    yield ask("DELETE", config)
    group = {"type": "Metrics", "data": base64.b64encode(b"name: gpus\n").decode()}
    yield ask("POST", f"{cluster}/rulegroups", group)
    yield ask("PUT", f"{cluster}/rulegroups/gpus", group)
    for path in ("", "/gpus"):
        yield ask("GET", f"{cluster}/rulegroups{path}")
    yield ask("DELETE", f"{cluster}/rulegroups/gpus")
    limits = {"monitoringRateLimits": {"ingestionRate": 1}, "loggingRateLimits": {"queryRate": 1}}
    for method in ("POST", "PUT"):
        yield ask(method, f"{cluster}/mlaadminsetting", limits)
    yield ask("GET", f"{cluster}/mlaadminsetting")
    yield ask("DELETE", f"{cluster}/mlaadminsetting")


def refusals(api: Api) -> None:
    """Every operation once without a token: the error envelope is the document's too."""
    for operation in KKP:
        if not operation.is_public:
            assert api.ask(operation.method, re.sub(r"[{}]", "", operation.path), token="").status == 401


def test_the_error_fixtures_of_kkps_own_tests_are_said_in_the_same_words(tmp_path: Path) -> None:
    fixtures = place().with_name("error-fixtures-v2.29.txt")
    if not fixtures.exists():
        pytest.skip(f"no {fixtures}")
    said = {json.loads(line.partition(" ")[2])["error"]["message"] for line in fixtures.read_text().splitlines() if line.strip()}
    ours = (
        "not authorized",
        "Project is not initialized yet",
        "Cluster components are not ready yet",
        'projects.kubermatic.k8c.io "some-ID" not found',
        'invalid cluster: invalid cloud spec "Version" is required but was not specified',
        "invalid cluster: invalid cloud spec: unsupported version 1.2.3",
        "cannot patch cluster: Invalid JSON Patch",
        "the name of the project cannot be empty",
        "the name, project ID and group cannot be empty",
        "invalid group name owners",
        "the Service Account is not allowed to create a project",
        "you cannot delete yourself from the project",
        "replica count (3) cannot be lower then autoscaler minreplicas (5)",
        "replica count (3) cannot be higher then autoscaler maxreplicas (2)",
        "node deployment validation failed: taint effect 'BAD_EFFECT' not allowed. Allowed: NoExecute, NoSchedule, PreferNoSchedule",
        "node deployment validation failed: dynamic config cannot be configured for Kubernetes 1.24 or higher",
    )
    assert set(ours) <= said
    with running(tmp_path) as api:
        heard = {answer.error for answer in spoken(api)}
    assert {message for _, message in heard} >= set(ours)


def spoken(api: Api) -> Iterator[Answer]:
    """Requests that are refused in each of those words."""
    api.preset()
    api.services.settled = 0.4
    fresh = api.ask("POST", "/api/v1/projects", {"name": "fresh"}).body["id"]
    yield api.ask("GET", f"/api/v2/projects/{fresh}/clusters")
    api.services.settled = 0.02
    project = api.project()
    yield api.ask("GET", "/api/v1/me", token="")
    yield api.ask("GET", "/api/v1/projects/some-ID")
    yield api.ask("POST", "/api/v1/projects", {})
    accounts_path = f"/api/v1/projects/{project}/serviceaccounts"
    yield api.ask("POST", accounts_path, {})
    yield api.ask("POST", accounts_path, {"name": "x", "group": "owners"})
    account = api.ask("POST", accounts_path, {"name": "x", "group": "editors"}).body["id"]
    token = api.ask("POST", f"{accounts_path}/{account}/tokens", {"name": "t"}).body["token"]
    yield api.ask("POST", "/api/v1/projects", {"name": "y"}, token=token)
    me = api.ask("GET", "/api/v1/me").body["id"]
    yield api.ask("DELETE", f"/api/v1/projects/{project}/users/{me}")
    for version in ("", "1.2.3"):
        spec = {"version": version, "cloud": {"dc": "lab", "openstack": {}}}
        yield api.ask("POST", f"/api/v2/projects/{project}/clusters", {"cluster": {"name": "a", "credential": "lab", "spec": spec}})
    api.platform.may_create.clear()
    slow = api.order(project, "slow").body["id"]
    yield api.ask("GET", f"/api/v2/projects/{project}/clusters/{slow}/machinedeployments")
    api.platform.may_create.set()
    cluster = api.cluster(project)
    yield api.ask("PATCH", cluster, "{")
    yield api.ask("POST", f"{cluster}/machinedeployments", pool(dynamicConfig=True))
    bad_taint = pool()
    bad_taint["spec"]["template"]["taints"] = [{"key": "a", "value": "b", "effect": "BAD_EFFECT"}]
    yield api.ask("POST", f"{cluster}/machinedeployments", bad_taint)
    api.ask("POST", f"{cluster}/machinedeployments", pool(replicas=3))
    for sizes in ({"minReplicas": 5}, {"maxReplicas": 2}):
        yield api.ask("PATCH", f"{cluster}/machinedeployments/gpu", {"spec": sizes})
