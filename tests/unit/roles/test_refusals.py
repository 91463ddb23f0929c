# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unknown providers, and charts outside the pinned set: refused by every role, and taken where somebody says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .rendering import calls, rendered

JSON = Any

# Every chart that a role sets with helm, and the variable that says its version.
CHARTS = (
    ("gpu_operator", "main.yml", "gpu-operator", "gpu_operator_chart_version"),
    ("dra_driver", "main.yml", "nvidia-dra-driver-gpu", "dra_driver_chart_version"),
    ("cluster_autoscaler", "main.yml", "cluster-autoscaler", "cluster_autoscaler_chart_version"),
    ("monitoring", "main.yml", "kube-prometheus-stack", "monitoring_stack_chart_version"),
    ("monitoring", "main.yml", "prometheus-adapter", "monitoring_adapter_chart_version"),
    ("kueue", "controller.yml", "kueue", "kueue_chart_version"),
    ("kubeflow", "jobset.yml", "jobset", "kubeflow_jobset_version"),
    ("kubeflow", "trainer.yml", "kubeflow-trainer", "kubeflow_trainer_version"),
    ("kubeflow", "ray.yml", "kuberay-operator", "kubeflow_ray_version"),
)
ROLES = sorted({role for role, _, _, _ in CHARTS} | {"ai_gateway"})


@pytest.mark.parametrize("role", ROLES)
def test_an_unknown_provider_is_refused_with_those_that_there_are(root: Path, role: str) -> None:
    specs = yaml.safe_load((root / f"roles/{role}/meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    name = f"{role}_provider"
    result = ArgumentSpecValidator({name: specs[name]}).validate({name: "apt"})
    (said,) = result.error_messages
    assert said == f"value of {name} must be one of: {', '.join(specs[name]['choices'])}, got: apt"


@pytest.mark.parametrize(("role", "file", "chart", "variable"), CHARTS, ids=[chart for _, _, chart, _ in CHARTS])
def test_a_version_outside_the_set_reaches_the_refusal_unless_it_is_wanted(
    root: Path, role: str, file: str, chart: str, variable: str
) -> None:
    other = {f"{role}_provider": "helm", variable: "0.0.1"}
    found = calls(root, role, file, {"given": other, "wanted": {**other, f"{role}_unpinned": True}, "pinned": {f"{role}_provider": "helm"}})
    by_case = {case: {call["release"]: call["handed"] for call in found[case]}[chart] for case in found}
    assert {case: (handed["helm_chart_version"], handed["helm_chart_unpinned"]) for case, handed in by_case.items()} == {
        "given": ("0.0.1", False),
        "wanted": ("0.0.1", True),
        "pinned": ("", False),
    }
    (refusal,) = [task for task in tasks(root) if task["name"] == "Only what is pinned"]
    condition = refusal["ansible.builtin.assert"]["that"]
    assert rendered(root, "helm_chart", condition, by_case) == {"given": False, "wanted": True, "pinned": True}


def tasks(root: Path) -> list[JSON]:
    found: list[JSON] = yaml.safe_load((root / "roles/helm_chart/tasks/main.yml").read_text())
    return found
