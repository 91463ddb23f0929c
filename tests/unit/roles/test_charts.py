# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What charts of others render to with the values of the roles, where the lab has the charts; and that those are values of the chart."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.images.builder import Builder
from lab.images.catalog import PLATFORM
from lab.settings import KUBERNETES_VERSION, default_cache_dir

from .rendering import calls, rendered

JSON = Any
Render = Callable[..., list[JSON]]

SPARE = [{"key": "spare", "operator": "Exists"}]
CASES: dict[str, tuple[str, str, dict[str, JSON]]] = {
    "kueue": ("kueue", "controller.yml", {"kueue_device_classes": {"gpus.example.com/dra": ["gpu.nvidia.com"]}}),
    "jobset": ("kubeflow", "jobset.yml", {}),
    "kubeflow-trainer": ("kubeflow", "trainer.yml", {}),
    "kuberay-operator": ("kubeflow", "ray.yml", {}),
    "gateway-helm": ("ai_gateway", "controller.yml", {"ai_gateway_replicas": 2}),
}
# What kubernetes puts through a webhook for each of the dry runs of the roles.
RESOURCES = {"ResourceFlavor": "resourceflavors", "Job": "jobs", "JobSet": "jobsets", "ClusterTrainingRuntime": "clustertrainingruntimes"}
every_chart = pytest.mark.parametrize("name", CASES)


@pytest.fixture(scope="module")
def folders() -> Mapping[str, Path]:
    """The charts that the lab has unpacked."""
    found = Builder(cache=default_cache_dir(), progress=lambda _: None).made(PLATFORM).charts
    if not CASES.keys() <= found.keys():
        pytest.skip("the lab has not unpacked its charts")
    return found


@pytest.fixture(scope="module")
def handed(root: Path) -> dict[str, JSON]:
    """What the roles hand on in the lab, by chart."""
    found = {}
    for name, (role, file, variables) in CASES.items():
        settings = {f"{role}_provider": "lab", f"{role}_tolerations": SPARE, **variables}
        (call,) = [
            call["handed"] for call in calls(root, role, file, {"lab": settings})["lab"] if call["handed"]["helm_chart_name"] == name
        ]
        found[name] = call
    return found


@pytest.fixture(scope="module")
def render(helm: str, folders: Mapping[str, Path], handed: dict[str, JSON]) -> Render:
    def run(name: str, *, release: str = "") -> list[JSON]:
        call = handed[name]
        place = ["--namespace", call["helm_chart_namespace"], "--kube-version", KUBERNETES_VERSION]
        words = [
            helm,
            "template",
            release or call.get("helm_chart_release", name),
            str(folders[name]),
            *place,
            "--include-crds",
            "--values",
            "-",
        ]
        done = subprocess.run(words, input=json.dumps(call["helm_chart_values"]), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return [item for item in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if item]

    return run


def of_kind(objects: list[JSON], *kinds: str) -> list[JSON]:
    return [item for item in objects if item["kind"] in kinds]


def pods(objects: list[JSON]) -> Iterator[tuple[str, JSON]]:
    for item in of_kind(objects, "Deployment", "Job"):
        yield item["metadata"]["name"], item["spec"]["template"]["spec"]


def unknown(values: JSON, known: JSON, path: str = "") -> Iterator[str]:
    """Paths of values that a chart has not; below an empty mapping people write what they like."""
    for name, value in values.items():
        if name not in known:
            yield f"{path}{name}"
        elif isinstance(value, dict) and isinstance(known[name], dict) and known[name]:
            yield from unknown(value, known[name], f"{path}{name}.")


def test_a_value_that_no_chart_has_is_found() -> None:
    known = {"manager": {"replicas": 1, "labels": {}}}
    assert list(unknown({"manager": {"replica": 2, "labels": {"a": "b"}}, "more": 1}, known)) == ["manager.replica", "more"]


@every_chart
def test_every_value_of_a_role_is_one_of_the_chart(handed: dict[str, JSON], folders: Mapping[str, Path], name: str) -> None:
    known = yaml.safe_load((folders[name] / "values.yaml").read_text())
    # Every chart made by `helm create` takes these, whether its values name them or not.
    values = {key: value for key, value in handed[name]["helm_chart_values"].items() if key not in {"nameOverride", "fullnameOverride"}}
    assert list(unknown(values, known)) == []


@every_chart
def test_all_its_pods_run_pinned_images_and_tolerate_what_they_are_told_to(root: Path, render: Render, name: str) -> None:
    sets = rendered(root, CASES[name][0], f"platform_versions_set.{CASES[name][0]}.images.values()", {"it": {}})["it"]
    pinned = {f"{image['repository']}:{image['tag']}" for image in sets}
    found = dict(pods(render(name)))
    assert found
    for pod, spec in found.items():
        assert {container["image"] for container in spec["containers"]} <= pinned, pod
        assert spec["tolerations"] == SPARE, pod


@every_chart
def test_what_kkp_calls_the_release_names_nothing_else(handed: dict[str, JSON], render: Render, name: str) -> None:
    if "fullnameOverride" not in handed[name]["helm_chart_values"]:
        assert CASES[name][0] == "ai_gateway", "KKP has no part in it"
        return

    def named(release: str) -> set[tuple[str, str]]:
        return {(item["kind"], item["metadata"]["name"]) for item in render(name, release=release)}

    assert named(name) == named(f"{handed[name]['helm_chart_namespace']}-{name}")


@pytest.mark.parametrize("name", ["kueue", "jobset", "kubeflow-trainer"])
def test_dry_runs_go_through_webhooks_of_the_chart(handed: dict[str, JSON], render: Render, name: str) -> None:
    hooks = of_kind(render(name), "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
    seen = {
        resource
        for configuration in hooks
        for hook in configuration["webhooks"]
        for rule in hook["rules"]
        if "CREATE" in rule["operations"]
        for resource in rule["resources"]
    }
    asked = {RESOURCES[item["kind"]] for item in handed[name]["helm_chart_dry_runs"]}
    assert asked
    assert asked <= seen


def test_kueue_holds_back_gangs_of_all_frameworks_until_all_pods_are_ready(render: Render) -> None:
    objects = render("kueue")
    (text,) = [
        item["data"]["controller_manager_config.yaml"]
        for item in of_kind(objects, "ConfigMap")
        if "controller_manager_config.yaml" in item["data"]
    ]
    configuration = yaml.safe_load(text)
    assert configuration["waitForPodsReady"]["enable"] is True
    assert configuration["waitForPodsReady"]["blockAdmission"] is True
    assert {"batch/job", "jobset.x-k8s.io/jobset", "trainer.kubeflow.org/trainjob"} <= set(configuration["integrations"]["frameworks"])
    (selector,) = configuration["managedJobsNamespaceSelector"]["matchExpressions"]
    assert (selector["operator"], {"kube-system", "kueue-system"} <= set(selector["values"])) == ("NotIn", True)
    assert configuration["resources"]["deviceClassMappings"] == [{"name": "gpus.example.com/dra", "deviceClassNames": ["gpu.nvidia.com"]}]
    (manager,) = [spec for name, spec in pods(objects) if name == "kueue-controller-manager"]
    (container,) = manager["containers"]
    assert any("DynamicResourceAllocation=true" in argument for argument in container["args"])
    assert container["readinessProbe"]["initialDelaySeconds"] == 1


def test_trainer_brings_no_second_jobset(render: Render) -> None:
    objects = render("kubeflow-trainer")
    assert [name for name, _ in pods(objects)] == ["kubeflow-trainer-controller-manager"]
    assert {item["spec"]["group"] for item in of_kind(objects, "CustomResourceDefinition")} == {"trainer.kubeflow.org"}


def test_kuberay_comes_with_its_kinds_and_may_use_them(render: Render) -> None:
    objects = render("kuberay-operator")
    kinds = {item["spec"]["names"]["plural"] for item in of_kind(objects, "CustomResourceDefinition")}
    assert kinds == {"rayclusters", "rayjobs", "rayservices"}
    (binding,) = of_kind(objects, "ClusterRoleBinding")
    (operator,) = [spec for _, spec in pods(objects)]
    account = {"kind": "ServiceAccount", "name": operator["serviceAccountName"], "namespace": "ray-system"}
    assert binding["subjects"] == [account]
    (role,) = [item for item in of_kind(objects, "ClusterRole") if item["metadata"]["name"] == binding["roleRef"]["name"]]
    assert kinds <= {resource for rule in role["rules"] for resource in rule["resources"]}


def test_envoy_gateway_takes_backends_and_looks_at_no_pod_s_binding(render: Render) -> None:
    objects = render("gateway-helm")
    (text,) = [item["data"]["envoy-gateway.yaml"] for item in of_kind(objects, "ConfigMap") if "envoy-gateway.yaml" in item["data"]]
    assert yaml.safe_load(text)["extensionApis"] == {"enableBackend": True}
    assert of_kind(objects, "MutatingWebhookConfiguration") == []
    (gateway,) = of_kind(objects, "Deployment")
    assert gateway["spec"]["replicas"] == 2
    (certgen,) = of_kind(objects, "Job")
    assert certgen["metadata"]["annotations"]["helm.sh/hook"].startswith("pre-install")


POOL = {"name": "llama", "namespace": "models", "match_labels": {"app": "llama"}, "port": 8000}


def flags(arguments: list[str]) -> set[str]:
    return {argument.partition("=")[0].lstrip("-") for argument in arguments if argument.startswith("--")}


def ports(container: JSON) -> set[int]:
    return {entry["containerPort"] for entry in container["ports"]}


@pytest.fixture(scope="module")
def gateway(root: Path, helm: str) -> list[JSON]:
    """The role's own chart, with what the role hands it."""
    settings = {"ai_gateway_provider": "lab", "ai_gateway_pools": [POOL]}
    (call,) = [call["handed"] for call in calls(root, "ai_gateway", "gateway.yml", {"lab": settings})["lab"]]
    words = [helm, "template", "ai-gateway", call["helm_chart_folder"], "--namespace", call["helm_chart_namespace"], "--values", "-"]
    done = subprocess.run(words, input=json.dumps(call["helm_chart_values"]), capture_output=True, text=True, check=True)
    return [item for item in yaml.safe_load_all(done.stdout) if item]


@pytest.fixture(scope="module")
def upstream(helm: str, folders: Mapping[str, Path]) -> list[JSON]:
    """The charts of Gateway API's inference extension, for the same pool."""
    values = {"inferencePool": {"modelServers": {"matchLabels": POOL["match_labels"]}, "targetPortNumber": POOL["port"]}}
    found: list[JSON] = []
    for name in ("inferencepool", "body-based-routing"):
        words = [helm, "template", "llama", str(folders[name]), "--namespace", "models", "--values", "-"]
        done = subprocess.run(words, input=json.dumps(values), capture_output=True, text=True, check=True)
        found += [item for item in yaml.safe_load_all(done.stdout) if item]
    return found


def container_of(objects: list[JSON], name: str) -> JSON:
    (found,) = [container for _, spec in pods(objects) for container in spec["containers"] if container["name"] == name]
    return found


def test_a_pool_is_the_one_that_upstream_s_chart_makes(gateway: list[JSON], upstream: list[JSON]) -> None:
    (ours,), (theirs,) = of_kind(gateway, "InferencePool"), of_kind(upstream, "InferencePool")
    assert ours["apiVersion"] == theirs["apiVersion"]
    assert {key: ours["spec"][key] for key in ("selector", "targetPorts")} == {
        key: theirs["spec"][key] for key in ("selector", "targetPorts")
    }
    assert ours["spec"]["endpointPickerRef"]["port"] == theirs["spec"]["endpointPickerRef"]["port"]
    services = {item["metadata"]["name"] for item in of_kind(gateway, "Service")}
    assert ours["spec"]["endpointPickerRef"]["name"] in services


@pytest.mark.parametrize("name", ["epp", "bbr"])
def test_picker_and_router_run_as_upstream_s_charts_run_them(gateway: list[JSON], upstream: list[JSON], name: str) -> None:
    ours, theirs = container_of(gateway, name), container_of(upstream, name)
    assert ours["image"] == theirs["image"]
    assert ports(ours) == ports(theirs)
    # How much they write, and in which form, is nobody's business.
    assert flags(theirs["args"]) - {"v", "zap-encoder"} <= flags(ours["args"])
    if "readinessProbe" in theirs:
        assert ours["readinessProbe"]["grpc"] == theirs["readinessProbe"]["grpc"]


def test_the_picker_may_read_no_more_than_upstream_s(gateway: list[JSON], upstream: list[JSON]) -> None:
    def rights(objects: list[JSON]) -> set[tuple[str, str, str]]:
        return {
            (group, resource, verb)
            for role in of_kind(objects, "Role", "ClusterRole")
            for rule in role["rules"]
            for group in rule.get("apiGroups", [])
            for resource in rule.get("resources", [])
            for verb in rule["verbs"]
        }

    ours = rights(gateway)
    assert ours
    assert ours <= rights(upstream)
