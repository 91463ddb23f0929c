# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The road of a user: site.yml once, and again."""

from __future__ import annotations

import json

import pytest

from tests.integration.standing import Lab

pytestmark = pytest.mark.integration


def test_site_ends_in_proven_requirements_and_a_report(lab: Lab) -> None:
    (run,) = [path for path in lab.runs.iterdir() if path.is_dir()]
    document = json.loads((run / "run.json").read_text())
    verdicts = {entry["id"]: entry["verdict"] for entry in document["requirements"]}
    assert "dra_support" in verdicts
    assert verdicts == dict.fromkeys(verdicts, "pass")
    assert document["fidelity"] == "simulated"
    assert document["inventory"]["leaked"] == []
    assert all(requirement in lab.first("site.yml").output for requirement in verdicts)


def test_from_nothing_to_a_cluster_with_two_gpu_nodes_takes_a_minute(lab: Lab) -> None:
    up = lab.first("playbooks/user_cluster.yml")
    assert up.changed == ["lab"]
    assert up.seconds_alone < 60


def test_a_dry_run_on_the_empty_lab_told_what_would_be_made_and_made_nothing(lab: Lab) -> None:
    dry = lab.first("site.yml", "--check", "--diff")
    assert dry.changed == ["lab"]
    said = " ".join(dry.output.split())
    assert "would make project ailab, cluster lab and its machine deployments gpu-dra, gpu-plugin, gpu-batch" in said
    assert lab.dry_run_left == {}


def test_a_second_run_changes_nothing_and_is_quick(lab: Lab) -> None:
    again = lab.play("site.yml", "--skip-tags", "verify,report")
    assert again.changed == []
    assert again.seconds_alone < 45


def test_a_dry_run_on_the_full_lab_would_change_nothing(lab: Lab) -> None:
    assert lab.play("site.yml", "--check", "--diff").changed == []
