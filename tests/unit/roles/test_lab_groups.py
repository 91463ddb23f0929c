# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role that is applied alone in the lab has its own programs built, and nobody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.images.catalog import PLATFORM, in_groups
from lab.images.programs import PROGRAMS

from .rendering import rendered

JSON = Any

SHARED = "ailab.conformance.helm_chart"


def includes(root: Path, role: str) -> list[JSON]:
    """Tasks of a role that set a chart in the user cluster, with the variables that they hand on."""
    tasks = [
        (path.name, task) for path in sorted((root / "roles" / role / "tasks").glob("*.yml")) for task in yaml.safe_load(path.read_text())
    ]
    shared = [(file, task) for file, task in tasks if task.get("ansible.builtin.include_role", {}).get("name") == SHARED]
    return [{"file": file, **task["vars"]} for file, task in shared if task["vars"]["helm_chart_provider"] != "helm"]


@pytest.mark.parametrize("role", PLATFORM)
def test_every_chart_of_a_role_is_its_own(root: Path, role: str) -> None:
    tasks = includes(root, role)
    assert tasks
    assert [task["file"] for task in tasks if task.get("helm_chart_component") != role] == []


def test_a_group_is_asked_for_once_and_no_other(root: Path) -> None:
    cases: dict[str, JSON] = {
        "first": {"helm_chart_component": "kubeflow"},
        "again": {"helm_chart_component": "kubeflow", "lab_host_supplied": ["kubeflow"]},
        "another": {"helm_chart_component": "kueue", "lab_host_supplied": ["kubeflow"]},
        "objects alone": {"lab_host_supplied": ["kubeflow", "kueue"]},
        "objects first": {},
    }
    question = "[__helm_chart_groups, __helm_chart_groups | difference(lab_host_supplied | default([]))]"
    assert rendered(root, "helm_chart", question, cases) == {
        "first": [["kubeflow"], ["kubeflow"]],
        "again": [["kubeflow"], []],
        "another": [["kueue"], ["kueue"]],
        "objects alone": [["kubeflow"], []],
        "objects first": [["kueue"], ["kueue"]],
    }
    (task,) = [
        task
        for task in yaml.safe_load((root / "roles/helm_chart/tasks/main.yml").read_text())
        if task.get("ansible.builtin.include_role", {}).get("tasks_from") == "charts"
    ]
    assert task["vars"] == {"lab_host_platform": "{{ __helm_chart_groups }}"}
    assert "__helm_chart_groups | difference(lab_host_supplied | default([])) | length > 0" in task["when"]


@pytest.mark.parametrize("role", PLATFORM)
def test_helm_comes_with_every_group_and_the_whole_platform_with_none(role: str) -> None:
    programs = {program.name for program in in_groups(PROGRAMS, [role])}
    assert "helm" in programs
    assert programs < {program.name for program in in_groups(PROGRAMS, ["platform"])}
