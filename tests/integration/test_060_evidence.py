# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence that was written can be judged again without the cluster, and a changed word is found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from tests.integration.standing import Lab

pytestmark = pytest.mark.integration


@pytest.fixture
def run(lab: Lab, tmp_path: Path) -> Path:
    """A copy of the first run."""
    first = min(path for path in lab.runs.iterdir() if path.is_dir())
    return Path(shutil.copytree(first, tmp_path / first.name))


def test_a_replay_comes_to_the_same_bytes(lab: Lab, run: Path) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    lab.play("playbooks/replay.yml", variables={"conformance_run_dir": str(run)})
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_a_changed_observation_is_named(lab: Lab, run: Path) -> None:
    path = run / "checks/DRA-05/observations.jsonl"
    path.write_text(path.read_text().replace('"exit_code":0', '"exit_code":1', 1))
    play = lab.play("playbooks/replay.yml", variables={"conformance_run_dir": str(run)}, expect=None)
    assert play.status != 0
    assert "checks/DRA-05/observations.jsonl" in play.output


def test_the_product_is_a_rehearsal_with_the_texts_of_the_specification(lab: Lab) -> None:
    found = list((lab.work / "reports").rglob("PRODUCT.yaml"))
    assert found
    text = found[0].read_text()
    assert "REHEARSAL" in text.upper()
    product = yaml.safe_load(text)
    spec = yaml.safe_load((lab.root / "specs/AIConformance-1.34.yaml").read_text())
    for category, entries in spec["spec"].items():
        assert [(e["id"], e["description"], e["level"]) for e in product["spec"][category]] == [
            (e["id"], e["description"], e["level"]) for e in entries
        ]
    statuses = {e["id"]: e["status"] for entries in product["spec"].values() for e in entries}
    document = json.loads((min(path for path in lab.runs.iterdir() if path.is_dir()) / "run.json").read_text())
    passed = {entry["id"] for entry in document["requirements"] if entry["verdict"] == "pass"}
    assert "dra_support" in passed
    assert statuses == {name: "Implemented" if name in passed else "Not Implemented" for name in statuses}


def test_nothing_secret_is_in_a_run(lab: Lab) -> None:
    kubeconfig = yaml.safe_load(lab.kubeconfig.read_text())
    secrets = [user["user"]["client-key-data"] for user in kubeconfig["users"]]
    texts = [path.read_text(errors="replace") for path in lab.work.rglob("*") if path.is_file()]
    assert not any(secret in text for secret in secrets for text in texts)
    assert json.loads((min(lab.runs.iterdir()) / "run.json").read_text())["tool"]["name"] == "ailab.conformance"
