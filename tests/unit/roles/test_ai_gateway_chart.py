# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the chart of the role ai_gateway renders to, for each implementation of Gateway API."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

JSON = Any
Render = Callable[..., list[JSON]]

IMPLEMENTATIONS = ("envoy-gateway", "kgateway", "agentgateway", "kubelb")
ROUTE = {
    "name": "chat",
    "namespace": "models",
    "rules": [
        {"model": "llama", "backends": [{"pool": "llama"}]},
        {"headers": {"x-model-version": "v2"}, "path": "/v1", "backends": [{"name": "two", "port": 80}]},
        {"backends": [{"name": "one", "port": 80, "weight": 80}, {"name": "two", "port": 80, "weight": 0}]},
    ],
}
POOL = {"name": "llama", "namespace": "models", "match_labels": {"app": "llama"}, "port": 8000}


@pytest.fixture(scope="module")
def render(helm: str, root: Path) -> Render:
    chart = root / "roles/ai_gateway/files/charts/ai-gateway"

    def run(**values: JSON) -> list[JSON]:
        words = [helm, "template", "ai-gateway", str(chart), "--namespace", "ai-gateway", "--values", "-"]
        done = subprocess.run(words, input=json.dumps(values), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return [item for item in yaml.safe_load_all(done.stdout) if item]

    return run


def of_kind(objects: list[JSON], kind: str) -> list[JSON]:
    return [item for item in objects if item["kind"] == kind]


def only(objects: list[JSON], kind: str) -> JSON:
    (found,) = of_kind(objects, kind)
    return found


def rules(objects: list[JSON]) -> list[JSON]:
    found: list[JSON] = only(objects, "HTTPRoute")["spec"]["rules"]
    return found


def test_a_rule_matches_by_path_header_and_model_and_splits_by_weight(render: Render) -> None:
    model, header, rest, _ = rules(render(routes=[ROUTE], pools=[POOL]))
    assert model["matches"] == [
        {"path": {"type": "PathPrefix", "value": "/"}, "headers": [{"name": "X-Gateway-Model-Name", "value": "llama"}]}
    ]
    assert header["matches"] == [{"path": {"type": "PathPrefix", "value": "/v1"}, "headers": [{"name": "x-model-version", "value": "v2"}]}]
    assert rest["matches"] == [{"path": {"type": "PathPrefix", "value": "/"}}]
    assert [backend["weight"] for backend in rest["backendRefs"]] == [80, 0]


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_a_pool_is_a_backend_of_those_who_know_pools(render: Render, implementation: str) -> None:
    (backend,) = rules(render(implementation=implementation, routes=[ROUTE], pools=[POOL]))[0]["backendRefs"]
    if implementation == "envoy-gateway":
        assert backend == {"name": "llama-proxy", "port": 80, "weight": 1}
    else:
        assert backend == {"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": "llama", "weight": 1}


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_kinds_of_an_implementation_are_asked_of_no_other(render: Render, implementation: str) -> None:
    objects = render(implementation=implementation, routes=[ROUTE], pools=[POOL])
    groups = {item["apiVersion"].partition("/")[0] for item in objects}
    assert ("gateway.envoyproxy.io" in groups) == (implementation == "envoy-gateway")
    assert ("agentgateway.dev" in groups) == (implementation == "agentgateway")


def test_with_envoy_a_model_that_no_rule_names_is_answered_and_not_guessed(render: Render) -> None:
    objects = render(routes=[ROUTE], pools=[POOL])
    (filtered,) = rules(objects)[-1]["filters"]
    answer = only(objects, "HTTPRouteFilter")
    assert filtered["extensionRef"]["name"] == answer["metadata"]["name"]
    assert answer["spec"]["directResponse"]["statusCode"] == 404
    assert json.loads(answer["spec"]["directResponse"]["body"]["inline"])["error"]["code"] == 404


def test_without_models_nothing_is_added_to_a_route(render: Render) -> None:
    objects = render(routes=[{**ROUTE, "rules": ROUTE["rules"][1:]}], bodyRouting=False)
    assert len(rules(objects)) == 2
    assert of_kind(objects, "HTTPRouteFilter") == of_kind(objects, "EnvoyExtensionPolicy") == []


def test_errors_of_the_body_based_router_are_no_way_round_it(render: Render) -> None:
    (router,) = only(render(), "EnvoyExtensionPolicy")["spec"]["extProc"]
    assert router["failOpen"] is False


def test_there_is_a_tls_listener_where_there_is_a_certificate(render: Render) -> None:
    plain = only(render(), "Gateway")["spec"]["listeners"]
    secure = only(render(gateway={"tlsSecret": "mine", "httpsPort": 8443}), "Gateway")["spec"]["listeners"]
    assert [listener["protocol"] for listener in plain] == ["HTTP"]
    assert [(listener["protocol"], listener["port"]) for listener in secure] == [("HTTP", 80), ("HTTPS", 8443)]
    assert secure[1]["tls"] == {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": "mine"}]}


def test_a_picker_reads_its_pool_and_pods_of_its_namespace_and_no_more(render: Render) -> None:
    objects = render(pools=[POOL])
    granted = {
        (group, resource): rule["verbs"]
        for rule in only(objects, "Role")["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    readable = [("inference.networking.k8s.io", "inferencepools"), ("inference.networking.x-k8s.io", "inferenceobjectives"), ("", "pods")]
    assert granted == {resource: ["get", "list", "watch"] for resource in readable}
    assert of_kind(objects, "ClusterRole") == []


def test_no_client_names_the_endpoint(render: Render) -> None:
    (config,) = [item["data"]["envoy.yaml"] for item in of_kind(render(pools=[POOL]), "ConfigMap") if "envoy.yaml" in item["data"]]
    envoy = yaml.safe_load(config)
    manager = envoy["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    removed = [entry["remove"] for entry in manager["early_header_mutation_extensions"][0]["typed_config"]["mutations"]]
    (cluster,) = [entry for entry in envoy["static_resources"]["clusters"] if entry["type"] == "ORIGINAL_DST"]
    assert removed == [cluster["original_dst_lb_config"]["http_header_name"]]


def test_pools_of_one_name_in_two_namespaces_share_nothing(render: Render) -> None:
    objects = render(pools=[POOL, {**POOL, "namespace": "other"}])
    names = [(item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in objects]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_every_pod_is_confined_and_tolerates_what_it_is_told_to(render: Render, implementation: str) -> None:
    tolerations = [{"key": "nvidia.com/gpu", "operator": "Exists"}]
    deployments = of_kind(render(implementation=implementation, pools=[POOL], tolerations=tolerations), "Deployment")
    assert deployments
    for deployment in deployments:
        pod = deployment["spec"]["template"]["spec"]
        assert pod["tolerations"] == tolerations
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["runAsNonRoot"]
            assert context["readOnlyRootFilesystem"]
            assert not context["allowPrivilegeEscalation"]
            assert container["image"].partition(":")[2]
            assert container["resources"]["limits"]["memory"]
