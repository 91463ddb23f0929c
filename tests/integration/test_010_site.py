# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The road of a user: site.yml once, and again."""

from __future__ import annotations

import json

import pytest

from tests.integration.standing import STATE, Lab

pytestmark = pytest.mark.integration


def test_site_ends_in_a_proven_requirement_and_a_report(lab: Lab) -> None:
    (run,) = [path for path in lab.runs.iterdir() if path.is_dir()]
    document = json.loads((run / "run.json").read_text())
    assert [(entry["id"], entry["verdict"]) for entry in document["requirements"]] == [("dra_support", "pass")]
    assert document["fidelity"] == "simulated"
    assert document["inventory"]["leaked"] == []
    assert "dra_support" in lab.plays[1].output


def test_a_second_run_changes_nothing_and_is_quick(lab: Lab) -> None:
    again = lab.play("site.yml", "--skip-tags", "verify,report")
    assert again.changed == []
    assert again.seconds < 45


def test_a_dry_run_on_the_full_lab_would_change_nothing(lab: Lab) -> None:
    assert lab.play("site.yml", "--check", "--diff").changed == []


def test_no_node_and_no_run_holds_a_secret_for_others_to_read(lab: Lab) -> None:
    token = json.loads((STATE / "clusters/lab/cluster.json").read_text())["token"]
    assert all(token not in path.read_text(errors="replace") for path in lab.work.rglob("*") if path.is_file())
    assert not lab.kubeconfig.stat().st_mode & 0o077
