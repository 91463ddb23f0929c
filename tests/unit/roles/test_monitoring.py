# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role monitoring tells Prometheus, the adapter and the charts; its rules and its dashboard."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from .rendering import rendered

JSON = Any

_METRIC = re.compile(r"DCGM_\w+")
_WIDTH = 24  # columns of a Grafana dashboard


@pytest.fixture(scope="module")
def charts(root: Path) -> JSON:
    cases: dict[str, JSON] = {
        "plain": {},
        "lab": {
            "monitoring_scrape_interval": "2s",
            "monitoring_accelerator_exporter": {"namespace": "gpus", "service": "exporter"},
            "monitoring_tolerations": [{"key": "spare", "operator": "Exists"}],
        },
    }
    return rendered(root, "monitoring", "__monitoring_charts", cases)


@pytest.fixture(scope="module")
def exported(root: Path) -> set[str]:
    """The metrics that the exporter of the lab has, which are dcgm-exporter's."""
    return set(_METRIC.findall((root / "lab/simgpu/internal/dcgm/text.go").read_text(encoding="utf-8")))


def jobs(values: JSON) -> JSON:
    return {job["job_name"]: job for job in values["prometheus"]["config"]["scrape_configs"]}


def test_only_the_exporter_of_accelerators_may_say_whose_figures_it_tells(charts: JSON) -> None:
    found = jobs(charts["lab"]["lab"][0]["values"])
    assert {name for name, job in found.items() if job.get("honor_labels")} == {"accelerators"}
    accelerators = found["accelerators"]
    assert accelerators["kubernetes_sd_configs"] == [{"role": "endpointslice", "namespaces": {"names": ["gpus"]}}]
    assert accelerators["relabel_configs"][0] == {
        "source_labels": ["__meta_kubernetes_service_name"],
        "regex": "exporter",
        "action": "keep",
    }
    # A device that nobody holds would be the exporter's own, if its pod were in the labels.
    assert {rule["target_label"] for rule in accelerators["relabel_configs"][1:]} == {"node"}
    assert {"regex": "gpus;exporter", "action": "drop"}.items() <= found["services"]["relabel_configs"][-5].items()


def kept(job: JSON, name: str) -> bool:
    """Whether Prometheus stores a series of this name that a job's target has. It anchors its patterns."""
    decided = {"keep": True, "drop": False}
    rules = job.get("metric_relabel_configs", [])
    assert all(rule["source_labels"] == ["__name__"] for rule in rules)
    return all(bool(re.fullmatch(rule["regex"], name)) is decided[rule["action"]] for rule in rules)


@pytest.mark.parametrize(
    ("job", "stored", "left"),
    [
        ("apiserver", "apiserver_request_total", "apiserver_request_duration_seconds_bucket"),
        ("kubelet", "kubelet_running_pods", "kubelet_runtime_operations_duration_seconds_bucket"),
        ("cadvisor", "container_memory_working_set_bytes", "container_tasks_state"),
        ("pods", "envoy_cluster_upstream_rq_total", "envoy_cluster_upstream_rq_time_bucket"),
        ("pods", "vllm:time_to_first_token_seconds_bucket", "envoy_sds_update_duration_bucket"),
        ("accelerators", "DCGM_FI_DEV_GPU_UTIL", "envoy_sds_update_duration_bucket"),
    ],
)
def test_the_lab_stores_little_of_what_every_container_leaves_behind(charts: JSON, job: str, stored: str, left: str) -> None:
    found = jobs(charts["lab"]["lab"][0]["values"])[job]
    assert kept(found, stored)
    assert not kept(found, left)


@pytest.mark.parametrize("kind", ["pod", "service"])
def test_discovery_is_by_the_annotations_of_kkp_s_monitoring(charts: JSON, kind: str) -> None:
    rules = jobs(charts["plain"]["lab"][0]["values"])[f"{kind}s"]["relabel_configs"]
    by_source = {rule["source_labels"][-1].removeprefix(f"__meta_kubernetes_{kind}_annotation_prometheus_io_"): rule for rule in rules}
    assert by_source["scrape"] == {
        "source_labels": [f"__meta_kubernetes_{kind}_annotation_prometheus_io_scrape"],
        "regex": "true",
        "action": "keep",
    }
    port = by_source["port"]
    for address, wanted in {"10.0.0.1;9400": "10.0.0.1:9400", "10.0.0.1:80;9400": "10.0.0.1:9400"}.items():
        # Prometheus anchors, and writes groups as $1.
        match = re.fullmatch(port["regex"], address)
        assert match
        assert match.expand(port["replacement"].replace("$", "\\")) == wanted
    assert not re.fullmatch(port["regex"], "10.0.0.1:80;")
    assert by_source["path"]["target_label"] == "__metrics_path__"


def test_the_adapter_serves_what_was_asked_for(charts: JSON) -> None:
    config = charts["plain"]["lab"][0]["values"]["adapter"]["config"]
    served = {rule["name"]["as"]: rule for rule in config["rules"]}
    assert {"gpu_utilization", "vllm_num_requests_waiting", "ai_conformance_demand"} <= served.keys()
    assert served["gpu_utilization"] == {
        "seriesQuery": 'DCGM_FI_DEV_GPU_UTIL{namespace!="",pod!=""}',
        "resources": {"overrides": {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}},
        "name": {"as": "gpu_utilization"},
        "metricsQuery": "avg by (<<.GroupBy>>) (<<.Series>>{<<.LabelMatchers>>})",
    }
    (external,) = config["externalRules"]
    assert external["resources"] == {"overrides": {"namespace": {"resource": "namespace"}}}
    _, adapter = charts["plain"]["helm"]
    assert adapter["values"]["rules"] == {"default": False, "custom": config["rules"], "external": config["externalRules"]}


def test_the_operator_s_prometheus_gets_the_same_jobs_and_rules_as_the_plain_one(charts: JSON) -> None:
    stack, _ = charts["plain"]["helm"]
    own = jobs(charts["plain"]["lab"][0]["values"])
    spec = stack["values"]["prometheus"]["prometheusSpec"]
    # All but what the lab alone leaves out.
    same = [
        {key: value for key, value in own[job].items() if key != "metric_relabel_configs"} for job in ("accelerators", "pods", "services")
    ]
    assert spec["additionalScrapeConfigs"] == same
    assert not any(spec[f"{kind}SelectorNilUsesHelmValues"] for kind in ("serviceMonitor", "podMonitor", "rule"))
    assert stack["values"]["additionalPrometheusRulesMap"]["accelerators"] == charts["plain"]["lab"][0]["values"]["prometheus"]["rules"]
    (dashboard,) = stack["values"]["extraManifests"]
    # That chart renders its extra manifests: what is left of the braces after it is the dashboard.
    text = dashboard["data"]["accelerators.json"].replace("{{`", "").replace("`}}", "")
    assert text == charts["plain"]["lab"][0]["values"]["dashboards"]["accelerators"]


def test_rules_use_metrics_that_there_are(root: Path, exported: set[str]) -> None:
    text = (root / "roles/monitoring/files/accelerators.rules.yml").read_text(encoding="utf-8")
    (group,) = yaml.safe_load(text)["groups"]
    assert set(_METRIC.findall(text)) <= exported
    for rule in group["rules"]:
        assert rule["expr"]
        if "alert" in rule:
            assert rule["labels"]["severity"] in ("critical", "warning", "info")
            assert rule["annotations"].keys() == {"summary", "description"}


def test_the_dashboard_is_one(root: Path, exported: set[str]) -> None:
    """Grafana's dashboard schema (kinds/dashboard), as far as this one uses it; no panel hides another."""
    dashboard = json.loads((root / "roles/monitoring/files/accelerators.dashboard.json").read_text(encoding="utf-8"))
    assert isinstance(dashboard["schemaVersion"], int)
    assert dashboard["uid"]
    assert len(dashboard["uid"]) <= 40
    assert dashboard["time"].keys() == {"from", "to"}
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        assert panel["type"] in ("stat", "timeseries", "table")
        assert panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= _WIDTH
        cells = set(itertools.product(range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])))
        assert not cells & taken
        taken |= cells
        assert [target["refId"] for target in panel["targets"]] == list("ABCDEFGH"[: len(panel["targets"])])
        for target in panel["targets"]:
            assert set(_METRIC.findall(target["expr"])) <= exported
            assert set(re.findall(r"\$\{?(\w+)", target["expr"])) <= variables
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))


@pytest.fixture(scope="module")
def objects(helm: str, charts: JSON) -> list[JSON]:
    """What the role's own chart renders to."""
    (chart,) = charts["lab"]["lab"]
    words = [helm, "template", chart["release"], chart["folder"], "--namespace", "monitoring", "--values", "-"]
    done = subprocess.run(words, input=json.dumps(chart["values"]), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [item for item in yaml.safe_load_all(done.stdout) if item]


def test_the_chart_hands_on_what_it_was_given(objects: list[JSON], charts: JSON) -> None:
    maps = {item["metadata"]["name"]: item["data"] for item in objects if item["kind"] == "ConfigMap"}
    given = charts["lab"]["lab"][0]["values"]
    assert yaml.safe_load(maps["prometheus"]["prometheus.yml"]) == given["prometheus"]["config"]
    assert yaml.safe_load(maps["prometheus"]["rules.yml"]) == given["prometheus"]["rules"]
    assert yaml.safe_load(maps["prometheus-adapter"]["config.yaml"]) == given["adapter"]["config"]
    assert json.loads(maps["dashboard-accelerators"]["accelerators.json"])["title"] == "Accelerators"


def test_no_pod_of_the_chart_may_more_than_it_must(objects: list[JSON]) -> None:
    pods = [item["spec"]["template"]["spec"] for item in objects if item["kind"] == "Deployment"]
    assert len(pods) == 2
    for pod in pods:
        assert pod["tolerations"] == [{"key": "spare", "operator": "Exists"}]
        assert pod["securityContext"]["runAsNonRoot"]
        (container,) = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    written = {verb for item in objects if item["kind"] == "ClusterRole" for rule in item["rules"] for verb in rule["verbs"]}
    assert written == {"get", "list", "watch"}


def test_the_resource_metrics_api_stays_with_metrics_server(objects: list[JSON]) -> None:
    assert {item["metadata"]["name"] for item in objects if item["kind"] == "APIService"} == {
        "v1beta1.custom.metrics.k8s.io",
        "v1beta1.external.metrics.k8s.io",
    }
