# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The administrator's token and the key of the cluster's kubeconfig stand in their own files, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.integration import standing
from tests.integration.kkp import Kkp
from tests.integration.standing import Lab

pytestmark = pytest.mark.integration


@pytest.fixture
def secrets(lab: Lab) -> dict[str, str]:
    """What must not be told, by what it is."""
    users = yaml.safe_load(lab.kubeconfig.read_text())["users"]
    return {"token": Kkp(lab).token, "key": users[0]["user"]["client-key-data"]}


def told(text: str, secrets: dict[str, str]) -> list[str]:
    return [name for name, secret in secrets.items() if secret in text]


def test_the_most_talkative_run_with_differences_tells_no_secret(lab: Lab, secrets: dict[str, str], tmp_path: Path) -> None:
    kkp = Kkp(lab)
    wishes = {
        "kkp_cluster": {"labels": {"made": "talkative"}, "version": "1.34"},
        "kkp_cluster_info": {},
        "kkp_machine_deployment": {"name": "gpu-dra"},
        "kkp_kubeconfig": {"dest": str(tmp_path / "kubeconfig")},
    }
    for module, wish in wishes.items():
        with kkp.start(module, "-vvv", "--diff", "--check", **wish) as command:
            said, _ = command.communicate(timeout=120)
        assert command.returncode == 0, said
        assert told(said, secrets) == [], module


def test_no_playbook_of_this_session_told_a_secret(lab: Lab, secrets: dict[str, str]) -> None:
    assert [play.playbook for play in lab.plays if told(play.output, secrets)] == []


def test_no_log_and_no_evidence_has_a_secret(lab: Lab, secrets: dict[str, str]) -> None:
    folders = (standing.STATE / "log", lab.work)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert files
    assert {
        str(path): told(path.read_text(errors="replace"), secrets) for path in files if told(path.read_text(errors="replace"), secrets)
    } == {}
