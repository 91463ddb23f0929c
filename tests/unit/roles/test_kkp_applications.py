# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each role asks KKP for with provider kkp_application: sent to a KKP of the tests, and held against KKP's OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.application_task import TASK as APPLICATION
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.cluster_task import TASK as CLUSTER
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.mla_task import TASK as MLA
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.project_task import TASK as PROJECT

from tests.unit.plugins.kkp.harness import Bench, bench

from .rendering import calls, rendered

JSON = Any

PLACE = {"project": "ai", "cluster": "gpu-prod"}


@dataclass(frozen=True)
class Case:
    """A chart of a role, and what KKP is to be asked for."""

    role: str
    name: str
    namespace: str
    reference: tuple[str, str]
    file: str = "main.yml"
    labels: dict[str, str] = field(default_factory=dict)


PRIVILEGED = {"pod-security.kubernetes.io/enforce": "privileged"}
CASES = (
    Case("gpu_operator", "gpu-operator", "gpu-operator", ("nvidia-gpu-operator", "v26.3.0"), labels=PRIVILEGED),
    Case("dra_driver", "nvidia-dra-driver-gpu", "nvidia-dra-driver-gpu", ("nvidia-dra-driver-gpu", "pinned"), labels=PRIVILEGED),
    Case("cluster_autoscaler", "cluster-autoscaler", "kube-system", ("cluster-autoscaler", "1.32.0")),
    Case("monitoring", "kube-prometheus-stack", "monitoring", ("kube-prometheus-stack", "pinned")),
    Case("monitoring", "prometheus-adapter", "monitoring", ("prometheus-adapter", "pinned")),
    Case("kueue", "kueue", "kueue-system", ("kueue", "v0.13.4"), file="controller.yml"),
    Case("kubeflow", "jobset", "jobset-system", ("jobset", "pinned"), file="jobset.yml"),
    Case("kubeflow", "kubeflow-trainer", "kubeflow-system", ("kubeflow-trainer", "pinned"), file="trainer.yml"),
    Case("kubeflow", "kuberay-operator", "ray-system", ("kuberay-operator", "pinned"), file="ray.yml"),
)
NAMES = [case.name for case in CASES]


@pytest.fixture(scope="module")
def charts(root: Path) -> dict[str, JSON]:
    """What the roles hand on, by the chart's name."""
    found = {}
    for role, file in sorted({(case.role, case.file) for case in CASES}):
        variables = {f"{role}_provider": "kkp_application", f"{role}_kkp": PLACE}
        found |= {call["release"]: call for call in calls(root, role, file, {"kkp": variables})["kkp"]}
    return found


@pytest.fixture
def user() -> Iterator[Bench]:
    with bench() as standing:
        standing.run(PROJECT, name="ai")
        standing.run(CLUSTER, project="ai", name="gpu-prod", version="1.34", datacenter="os-fra", provider="openstack")
        yield standing


def test_every_role_that_has_the_provider_is_here(root: Path) -> None:
    specs = {
        path.parents[1].name: yaml.safe_load(path.read_text())["argument_specs"] for path in root.glob("roles/*/meta/argument_specs.yml")
    }
    offering = {
        role
        for role, entries in specs.items()
        if "kkp_application" in entries.get("main", {}).get("options", {}).get(f"{role}_provider", {}).get("choices", [])
    }
    assert offering - {"helm_chart"} == {case.role for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_kkp_is_asked_for_the_application_once(root: Path, charts: dict[str, JSON], user: Bench, case: Case) -> None:
    asked, handed = charts[case.name]["asked"], charts[case.name]["handed"]
    assert user.run(APPLICATION, **asked)["changed"]
    (request,) = user.kkp.asked("POST", "/applicationinstallations$")
    spec = request.body["spec"]
    name, version = case.reference
    pins = yaml.safe_load((root / "roles/platform_versions/vars/main.yml").read_text())["__platform_versions_sets"]["1.34"]
    wanted = pins[case.role]["charts"][case.name]["version"] if version == "pinned" else version
    assert (request.body["name"], request.body["namespace"]) == (case.name, case.namespace)
    assert spec["applicationRef"] == {"name": name, "version": wanted}
    assert spec["namespace"] == {"name": case.namespace, "create": True, **({"labels": case.labels} if case.labels else {})}
    assert yaml.safe_load(spec["valuesBlock"]) == handed["helm_chart_values"] != {}
    assert spec["deployOptions"]["helm"] == {"wait": True, "atomic": True, "timeout": f"{handed['helm_chart_wait_seconds']}s"}
    assert not user.run(APPLICATION, **asked)["changed"]


def test_the_adapter_finds_prometheus_whatever_kkp_calls_the_release(charts: dict[str, JSON]) -> None:
    stack, adapter = charts["kube-prometheus-stack"]["handed"], charts["prometheus-adapter"]["handed"]
    service = f"{stack['helm_chart_values']['fullnameOverride']}-prometheus"
    assert adapter["helm_chart_values"]["prometheus"]["url"] == f"http://{service}.{stack['helm_chart_namespace']}.svc"
    ready, _ = stack["helm_chart_objects"]
    assert (ready["kind"], ready["name"], ready.get("label_selector")) == ("Prometheus", service, None)


@pytest.mark.parametrize("name", ["kueue", "jobset", "kubeflow-trainer", "kuberay-operator"])
def test_names_of_controllers_do_not_follow_the_release(charts: dict[str, JSON], name: str) -> None:
    assert charts[name]["handed"]["helm_chart_values"]["fullnameOverride"] == name


@pytest.mark.parametrize(
    ("variables", "held"),
    [
        ({"kueue_provider": "kkp_application"}, False),
        ({"kueue_provider": "kkp_application", "kueue_kkp_version": "v0.14.0"}, True),
        ({"kueue_provider": "helm"}, True),
        ({"kueue_provider": "lab"}, True),
    ],
)
def test_kueue_is_told_of_no_framework_that_its_version_lacks(root: Path, variables: dict[str, JSON], *, held: bool) -> None:
    configuration = rendered(root, "kueue", "__kueue_configuration", {"it": variables})["it"]
    frameworks = configuration["integrations"]["frameworks"]
    assert ("trainer.kubeflow.org/trainjob" in frameworks) is held
    assert {"batch/job", "jobset.x-k8s.io/jobset"} <= set(frameworks)


def test_the_rules_about_accelerators_are_what_kkp_s_monitoring_takes(root: Path, user: Bench) -> None:
    groups = rendered(root, "monitoring", "__monitoring_rules.groups | map('combine', {'state': 'present'})", {"it": {}})["it"]
    assert user.run(MLA, **PLACE, rule_groups=groups)["changed"]
    sent = user.kkp.asked("POST", "/rulegroups$")
    assert [request.body["type"] for request in sent] == ["Metrics"]
    assert not user.run(MLA, **PLACE, rule_groups=groups)["changed"]
