# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same cluster as objects for GitOps, held against the schemas of the CRDs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.unit.roles.playing import Play, Player

JSON = Any

VARIABLE = "AILAB_KKP_DATA"
CRDS = Path(os.environ.get(VARIABLE) or Path(__file__).resolve().parents[3].parent / "shared/data/kkp") / "crds"
HELM = {"helm": {"url": "oci://charts.example.com/jobset", "chartName": "jobset", "chartVersion": "0.10.1"}}
DEFINITION = {
    "name": "jobset",
    "description": "Sets of jobs",
    "versions": [{"version": "v0.10.1", "source": HELM}],
    "default_version": "v0.10.1",
    "default_namespace": "jobset-system",
    "default_values": {"controller": {"replicas": 1}},
}
SECRET = "not-for-anybodys-eyes"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIlFSoBlN/jBI03SE4TSd9IHn7ShcQPPoAUzECQzEEbM ops"
POOLS = [
    {"name": "cpu", "replicas": 2, "machine": {"flavor": "m1.xlarge", "image": "ubuntu", "diskSize": 50, "useFloatingIP": True}},
    {
        "name": "gpu-dra",
        "min_replicas": 0,
        "max_replicas": 4,
        "machine": {"flavor": "g1.a100.1", "image": "ubuntu"},
        "labels": {"ailab.conformance/gpu-pool": "dra"},
        "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
        "capacity": {"cpu": "16", "gpu_count": 1, "gpu_type": "nvidia.com/gpu"},
    },
]
APPLICATION = {
    "name": "gpu-operator",
    "application": "nvidia-gpu-operator",
    "version": "v26.3.0",
    "target_namespace": "gpu-operator",
    "target_namespace_labels": {"pod-security.kubernetes.io/enforce": "privileged"},
    "values": {"dcgmExporter": {"enabled": True}},
    "deploy_options": {"helm": {"wait": True, "timeout": "10m"}},
}


def schemas(root: Path) -> dict[str, JSON]:
    """The OpenAPI schema of each kind; that of MachineDeployment is the lab's own."""
    if not CRDS.is_dir():
        pytest.skip(f"the CRDs of KKP are not in {CRDS} (variable {VARIABLE})")
    texts = [path.read_text() for path in CRDS.glob("*.yaml")] + [(root / "lab/machines/crds.yaml").read_text()]
    definitions = [document["spec"] for text in texts for document in yaml.safe_load_all(text) if document]
    return {spec["names"]["kind"]: spec["versions"][0]["schema"]["openAPIV3Schema"] for spec in definitions}


def closed(schema: JSON) -> JSON:
    """The schema without room for fields that it does not name, since an API server would drop those without a word."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(value) for key, value in schema.items()}
    if "properties" in result and not result.get("x-kubernetes-preserve-unknown-fields"):
        result.setdefault("additionalProperties", False)
    if "x-kubernetes-int-or-string" in result:
        result.pop("pattern", None)
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gitops")


@pytest.fixture(scope="module")
def player(root: Path, folder: Path) -> Player:
    variables: dict[str, JSON] = {
        "kkp_user_cluster_rendered_dir": str(folder / "objects"),
        "kkp_user_cluster_project": "ai",
        "kkp_user_cluster_project_owners": ["owner@example.com"],
        "kkp_user_cluster_name": "gpu-prod",
        "kkp_user_cluster_version": "1.34.3",
        "kkp_user_cluster_datacenter": "os-fra",
        "kkp_user_cluster_cloud": {"floatingIPPool": "public"},
        "kkp_user_cluster_ssh_key": KEY,
        "kkp_user_cluster_cloud_credentials": {"username": "ai", "password": SECRET},
        "kkp_user_cluster_spec": {"cniPlugin": {"type": "cilium", "version": "1.18.10"}, "mla": {"monitoringEnabled": True}},
        "kkp_user_cluster_machine_provider": {"identityEndpoint": "https://keystone.example.com:5000/v3", "region": "RegionOne"},
        "kkp_user_cluster_pools": POOLS,
        "kkp_user_cluster_applications": [APPLICATION],
        "kkp_user_cluster_application_definitions": [DEFINITION],
    }
    return Player(root=root, directory=folder, role="kkp_user_cluster", variables=variables, environment={})


@pytest.fixture(scope="module")
def rendered(player: Player) -> Play:
    return player.play("rendered")


def objects(folder: Path) -> dict[str, JSON]:
    return {str(path.relative_to(folder / "objects")): yaml.safe_load(path.read_text()) for path in (folder / "objects").rglob("*.yaml")}


@pytest.mark.slow
def test_each_object_lies_with_the_api_server_that_it_belongs_to(rendered: Play, folder: Path) -> None:
    assert rendered.failed == []
    kinds: dict[str, set[str]] = {}
    for path, body in objects(folder).items():
        kinds.setdefault(path.split("/")[0], set()).add(body["kind"])
    assert kinds == {
        "master": {"Project", "UserProjectBinding", "UserSSHKey", "ApplicationDefinition"},
        "seed": {"Cluster"},
        "user-cluster": {"MachineDeployment", "ApplicationInstallation"},
    }


@pytest.mark.slow
def test_the_objects_fit_their_schemas(rendered: Play, folder: Path, root: Path) -> None:
    known = schemas(root)
    found = objects(folder)
    assert rendered.failed == []
    wrong = []
    for path, body in found.items():
        schema = closed(known[body["kind"]])
        schema["properties"]["metadata"] = {"type": "object"}
        errors = jsonschema.Draft202012Validator(schema).iter_errors(body)
        wrong += [f"{path}: {'.'.join(map(str, error.absolute_path))}: {error.message}" for error in errors]
    assert wrong == []


@pytest.mark.slow
def test_a_pool_is_what_the_machine_controller_and_the_autoscaler_read(rendered: Play, folder: Path) -> None:
    assert rendered.failed == []
    found = objects(folder)
    pool = found["user-cluster/machine-deployment-gpu-dra.yaml"]
    assert pool["metadata"]["annotations"] == {
        "k8c.io/operating-system-profile": "osp-ubuntu",
        "cluster.k8s.io/cluster-api-autoscaler-node-group-min-size": "0",
        "cluster.k8s.io/cluster-api-autoscaler-node-group-max-size": "4",
        "capacity.cluster-autoscaler.kubernetes.io/cpu": "16",
        "capacity.cluster-autoscaler.kubernetes.io/gpu-count": "1",
        "capacity.cluster-autoscaler.kubernetes.io/gpu-type": "nvidia.com/gpu",
    }
    assert "replicas" not in pool["spec"]
    assert found["user-cluster/machine-deployment-cpu.yaml"]["spec"]["replicas"] == 2
    assert pool["spec"]["template"]["spec"]["taints"] == POOLS[1]["taints"]
    machine = found["user-cluster/machine-deployment-cpu.yaml"]["spec"]["template"]["spec"]["providerSpec"]["value"]
    assert machine["cloudProviderSpec"] == {
        "identityEndpoint": "https://keystone.example.com:5000/v3",
        "region": "RegionOne",
        "flavor": "m1.xlarge",
        "image": "ubuntu",
        "rootDiskSizeGB": 50,
        "floatingIpPool": "public",
    }


@pytest.mark.slow
def test_the_ssh_key_is_the_project_s_and_lets_into_the_cluster(rendered: Play, folder: Path) -> None:
    assert rendered.failed == []
    (key,) = [body for body in objects(folder).values() if body["kind"] == "UserSSHKey"]
    (project,) = [body for body in objects(folder).values() if body["kind"] == "Project"]
    (cluster,) = [body for body in objects(folder).values() if body["kind"] == "Cluster"]
    assert key["spec"] == {
        "name": "gpu-prod",
        "project": project["metadata"]["name"],
        "clusters": [cluster["metadata"]["name"]],
        "publicKey": KEY,
    }


@pytest.mark.slow
def test_a_definition_has_its_chart_for_each_version(rendered: Play, folder: Path) -> None:
    assert rendered.failed == []
    spec = objects(folder)["master/application-definition-jobset.yaml"]["spec"]
    assert spec["versions"] == [{"version": "v0.10.1", "template": {"source": HELM}}]
    assert spec["defaultNamespace"] == {"name": "jobset-system", "create": True}
    assert yaml.safe_load(spec["defaultValuesBlock"]) == DEFINITION["default_values"]


@pytest.mark.slow
def test_no_credential_is_written(rendered: Play, folder: Path) -> None:
    assert rendered.failed == []
    assert not [path for path in (folder / "objects").rglob("*.yaml") if SECRET in path.read_text()]


@pytest.mark.slow
def test_a_second_run_writes_nothing_and_what_is_gone_goes(rendered: Play, player: Player, folder: Path) -> None:
    assert rendered.failed == []
    assert player.play("rendered").changed == []
    fewer = player.play("rendered", kkp_user_cluster_pools=POOLS[:1])
    assert fewer.changed == ["rendered | Remove them"]
    assert "user-cluster/machine-deployment-gpu-dra.yaml" not in objects(folder)
    assert player.play("rendered", kkp_user_cluster_pools=POOLS[:1], kkp_user_cluster_ssh_key="").changed == [
        "rendered | Machine deployments",
        "rendered | Remove them",
    ]
    assert not [path for path in objects(folder) if "ssh-key" in path]


def test_a_line_of_versions_is_refused_before_anything_is_written(root: Path, tmp_path: Path) -> None:
    variables = {"kkp_user_cluster_name": "one", "kkp_user_cluster_rendered_dir": str(tmp_path / "objects")}
    refused = Player(root=root, directory=tmp_path, role="kkp_user_cluster", variables=variables, environment={}).play("rendered")
    assert "a full kkp_user_cluster_version such as 1.34.3, found 1.34;" in refused.failed[0]
    assert not (tmp_path / "objects").exists()


@pytest.mark.slow
def test_a_dry_run_writes_nothing(player: Player, tmp_path: Path) -> None:
    planned = player.play("rendered", options=["--check", "--diff"], kkp_user_cluster_rendered_dir=str(tmp_path / "new"))
    assert planned.failed == []
    assert planned.changed
    assert not (tmp_path / "new").exists()
