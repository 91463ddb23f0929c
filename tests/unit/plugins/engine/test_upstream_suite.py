# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""INF-10 on a platform on which the conformance suite of Gateway API is a few lines: what it is told, what comes of it, what it leaves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference.settings import OPTIONS, InferenceSettings
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference.suite import SUITE
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference.upstream_program import CLASS_MADE, NAMESPACES
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verification import Verified, verify
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import Settings

from tests.unit.plugins.checks.playing import defaults

JSON = Any
IMAGE, CONTROLLER = "suite:v1", "gateway.example.org/controller"
TESTS = ("GatewayInvalidRouteKind", "HTTPRouteSimpleSameNamespace")


class Suite:
    """The suite, as a kubelet would run it.

    Attributes:
        told: the arguments of each run.
        failing: names of the tests that fail.
        faults: what is wrong with it: ``hangs``, ``killed`` (its class is left), ``cannot-fail``.
    """

    def __init__(self, api: Any) -> None:
        self.api = api
        self.told: list[dict[str, str]] = []
        self.failing: tuple[str, ...] = ()
        self.faults: set[str] = set()
        self._logs: dict[str, str] = {}
        account = api.created
        annotations = {"gateway.networking.k8s.io/bundle-version": "v1.4.1", "gateway.networking.k8s.io/channel": "standard"}
        api.put("CustomResourceDefinition", "gatewayclasses.gateway.networking.k8s.io", metadata={"annotations": annotations})
        accepted = {"conditions": [{"type": "Accepted", "status": "True"}]}
        api.put("Node", "node", spec={"taints": [{"key": "nice", "effect": "PreferNoSchedule"}]})
        api.put("GatewayClass", "lab", spec={"controllerName": CONTROLLER}, status=accepted)

        def created(item: JSON) -> None:
            account(item)
            if item["kind"] == "Pod" and item["spec"].get("serviceAccountName"):
                self._run(item)

        api.created, api.intercept = created, self._intercept

    def _intercept(self, method: str, path: str, _body: JSON) -> Any:
        if method == "GET" and path.endswith("/log"):
            return 200, self._logs.get(path.split("/")[-2], "").encode()
        return None

    def _run(self, pod: JSON) -> None:
        container = pod["spec"]["containers"][0]
        told = dict(argument.lstrip("-").partition("=")[::2] for argument in container["args"])
        self.told.append(told)
        served = told["gateway-class"] == "lab" or "cannot-fail" in self.faults
        if served and "hangs" in self.faults:
            self._state(pod, "Running", {"running": {}})
            return
        if "killed" in self.faults and served:
            self.api.put("GatewayClass", CLASS_MADE, spec={"controllerName": CONTROLLER})
        log, code = self._output(told) if served and "killed" not in self.faults else ("    \tError:  cannot infer supported features\n", 1)
        self._logs[pod["metadata"]["name"]] = log
        self._state(pod, "Failed" if code else "Succeeded", {"terminated": {"exitCode": code}})

    def _state(self, pod: JSON, phase: str, state: JSON) -> None:
        status = {"phase": phase, "containerStatuses": [{"name": "suite", "state": state}]}
        metadata = pod["metadata"]
        self.api.put("Pod", metadata["name"], space=metadata["namespace"], spec={**pod["spec"], "nodeName": "node"}, status=status)

    def _output(self, told: dict[str, str]) -> tuple[str, int]:
        chosen = [name for name in TESTS if told.get("run-test", name) == name]
        failed = [name for name in chosen if name in self.failing]
        skipped = [name for name in TESTS if name not in chosen]
        counted = {"Passed": len(chosen) - len(failed), "Failed": len(failed), "Skipped": len(skipped)}
        result = "failure" if failed else "partial" if skipped else "success"
        core = {"result": result, "statistics": counted, "failedTests": failed, "skippedTests": skipped}
        document = {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "ConformanceReport",
            "gatewayAPIVersion": "v1.4.1",
            "gatewayAPIChannel": "standard",
            "mode": "default",
            "implementation": {"project": told.get("project", "")},
            "profiles": [{"name": told["conformance-profiles"], "core": core}],
        }
        text = yaml.safe_dump(document).replace("\n", "\n        ")
        ends = [f"    --- {'FAIL' if name in failed else 'PASS'}: TestConformance/{name} (0.01s)" for name in chosen]
        return "\n".join(
            [f"    conformance.go:168: Conformance report:\n        {text}", "--- PASS: TestConformance (1s)", *ends, ""]
        ), bool(failed)


@pytest.fixture
def suite(api: Any) -> Suite:
    """The suite on the test's own server."""
    return Suite(api)


def verified(cluster: Cluster, settings: Settings, run: RunDirectory, **options: JSON) -> Verified:
    own = InferenceSettings(**defaults(OPTIONS, **options))
    return verify(cluster, suite=SUITE, settings=replace(settings, own=own), run=run, checks=["INF-10"])


def left(api: Any) -> list[JSON]:
    return [key for key in api.objects if key[0] in {"Pod", "ClusterRole", "ClusterRoleBinding"} or key[2] in NAMESPACES]


def test_a_suite_that_succeeds_passes_and_leaves_nothing(
    *, api: Any, cluster: Cluster, suite: Suite, settings: Settings, run: RunDirectory
) -> None:
    found = verified(cluster, settings, run, conformance_suite_image=IMAGE, conformance_suite_features=["HTTPRouteQueryParamMatching"])
    result = found.results[0]
    assert (result.verdict, result.control.flipped) == (Verdict.PASS, True), result.sentence
    assert left(api) == []
    absent, told = suite.told
    assert absent["gateway-class"] not in {"lab", ""}
    # It is to ask for the class's own features, which it does before all else.
    assert set(absent) == {"test.v", "gateway-class", "conformance-profiles"}
    assert told["gateway-class"] == "lab"
    assert told["supported-features"] == "Gateway,HTTPRoute,ReferenceGrant,HTTPRouteQueryParamMatching"
    assert f"ai-conformance/run={run.path.name}" in told["namespace-labels"]
    assert "run-test" not in told


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({"failing": TESTS[:1]}, Verdict.FAIL, "core-tests-failed"),
        ({"faults": {"killed"}}, Verdict.INCONCLUSIVE, "no-report"),
        ({"faults": {"hangs"}}, Verdict.INCONCLUSIVE, "suite-not-ended"),
        ({"faults": {"cannot-fail"}}, Verdict.INCONCLUSIVE, "suite-cannot-fail"),
    ],
)
def test_a_suite_that_goes_otherwise(
    *,
    api: Any,
    cluster: Cluster,
    suite: Suite,
    settings: Settings,
    run: RunDirectory,
    changes: dict[str, Any],
    verdict: Verdict,
    reason: str,
) -> None:
    for name, value in changes.items():
        setattr(suite, name, value)
    result = verified(cluster, settings, run, conformance_suite_image=IMAGE, conformance_suite_seconds=1.0).results[0]
    assert (result.verdict, result.reason) == (verdict, reason), result.sentence
    assert left(api) == []


def test_a_class_that_a_killed_suite_leaves_is_told(*, cluster: Cluster, suite: Suite, settings: Settings, run: RunDirectory) -> None:
    suite.faults = {"killed"}
    found = verified(cluster, settings, run, conformance_suite_image=IMAGE)
    assert [(item.kind, item.name) for item in found.requirement.leaked] == [("GatewayClass", CLASS_MADE)]


def test_one_test_alone_proves_nothing_of_the_whole(*, cluster: Cluster, suite: Suite, settings: Settings, run: RunDirectory) -> None:
    result = verified(cluster, settings, run, conformance_suite_image=IMAGE, conformance_suite_test=TESTS[1]).results[0]
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, "partial")
    assert suite.told[1]["run-test"] == TESTS[1]


@pytest.mark.parametrize(("kind", "name"), [("Namespace", NAMESPACES[1]), ("GatewayClass", CLASS_MADE)])
def test_what_somebody_else_s_suite_uses_is_not_touched(
    *, api: Any, cluster: Cluster, suite: Suite, settings: Settings, run: RunDirectory, kind: str, name: str
) -> None:
    api.put(kind, name, spec={"controllerName": CONTROLLER})
    result = verified(cluster, settings, run, conformance_suite_image=IMAGE).results[0]
    assert (result.verdict, result.reason) == (Verdict.NOT_RUN, "conformance-suite-in-use")
    assert name in result.sentence
    assert (kind, "", name) in api.objects
    assert suite.told == []


@pytest.mark.parametrize("spec", [{"unschedulable": True}, {"taints": [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}]}])
def test_backends_without_a_node_are_not_waited_for(
    *, api: Any, cluster: Cluster, suite: Suite, settings: Settings, run: RunDirectory, spec: JSON
) -> None:
    api.put("Node", "node", spec=spec)
    result = verified(cluster, settings, run, conformance_suite_image=IMAGE).results[0]
    assert (result.verdict, result.reason) == (Verdict.NOT_RUN, "node-without-taint")
    assert suite.told == []
    assert left(api) == []


def test_without_an_image_or_a_report_nothing_is_run(*, cluster: Cluster, suite: Suite, settings: Settings, run: RunDirectory) -> None:
    result = verified(cluster, settings, run).results[0]
    assert (result.verdict, result.reason) == (Verdict.NOT_RUN, "conformance-suite")
    assert suite.told == []


def test_an_attached_report_is_judged_without_a_run(
    *, cluster: Cluster, suite: Suite, settings: Settings, run: RunDirectory, tmp_path: Path
) -> None:
    text = suite._output({"project": "example", "conformance-profiles": "GATEWAY-HTTP"})[0]  # the suite's own words
    path = tmp_path / "report.yml"
    path.write_text("\n".join(line[8:] for line in text.splitlines() if line.startswith("        ")))
    result = verified(cluster, settings, run, conformance_report=str(path), conformance_project="example").results[0]
    assert (result.verdict, result.control.flipped) == (Verdict.PASS, True), result.sentence
    assert suite.told == []


def test_a_report_that_cannot_be_read_is_a_precondition(
    *, cluster: Cluster, suite: Suite, settings: Settings, run: RunDirectory, tmp_path: Path
) -> None:
    assert suite.told == []
    result = verified(cluster, settings, run, conformance_report=str(tmp_path / "nothing.yml")).results[0]
    assert (result.verdict, result.reason) == (Verdict.NOT_RUN, "conformance-report")
