# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody needs to be an administrator: the role that plan.yml writes is enough for what it was written for, and for nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import yaml
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import SUITES

from tests.integration.standing import QUICK, Lab

pytestmark = pytest.mark.integration

SPACE, ACCOUNT, ROLE = "default", "conformance", "ai-conformance"
WHO = f"system:serviceaccount:{SPACE}:{ACCOUNT}"
SLOW = [requirement for requirement in SUITES if requirement not in QUICK]

Accounts = Callable[[Sequence[str]], Path]


@pytest.fixture
def account(lab: Lab, tmp_path: Path) -> Iterator[Accounts]:
    """Makes a ServiceAccount that may do what plan.yml says for some requirements; the way to its kubeconfig."""
    lab.kubectl("create", "serviceaccount", ACCOUNT, f"--namespace={SPACE}")

    def made(requirements: Sequence[str]) -> Path:
        planned = {"conformance_requirements": list(requirements), "conformance_report_dir": str(tmp_path)}
        lab.play("playbooks/plan.yml", variables=planned)
        lab.kubectl("apply", f"--filename={tmp_path / 'cluster-role.yaml'}")
        lab.kubectl("create", "clusterrolebinding", ROLE, f"--clusterrole={ROLE}", f"--serviceaccount={SPACE}:{ACCOUNT}")
        token = lab.kubectl("create", "token", ACCOUNT, f"--namespace={SPACE}", "--duration=1h").strip()
        document = yaml.safe_load(lab.kubeconfig.read_text())
        for user in document["users"]:
            user["user"] = {"token": token}
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(document))
        path.chmod(0o600)
        return path

    yield made
    lab.kubectl("delete", "--ignore-not-found", f"clusterrolebinding/{ROLE}", f"clusterrole/{ROLE}")
    lab.kubectl("delete", "serviceaccount", ACCOUNT, f"--namespace={SPACE}")


@pytest.mark.parametrize("requirements", [QUICK, pytest.param(SLOW, marks=pytest.mark.slow)], ids=["quick", "slow"])
def test_the_generated_role_is_enough(lab: Lab, account: Accounts, tmp_path: Path, requirements: list[str]) -> None:
    kubeconfig = account(requirements)
    assert lab.kubectl("auth", "can-i", "get", "secrets", "--all-namespaces", f"--as={WHO}", expect=None).strip().endswith("no")
    runs = tmp_path / "runs"
    variables = {
        "conformance_requirements": requirements,
        "conformance_kubeconfig": str(kubeconfig),
        "conformance_runs_dir": str(runs),
    }
    lab.play("playbooks/verify.yml", variables=variables)
    (run,) = runs.iterdir()
    document = json.loads((run / "run.json").read_text())
    found = {entry["id"]: (entry["verdict"], entry["reason"]) for entry in document["requirements"]}
    assert found == dict.fromkeys(requirements, ("pass", "all-passed"))
    assert document["inventory"]["leaked"] == document["inventory"]["uncompared"] == []


def test_what_is_missing_is_named_before_anything_is_made(lab: Lab, account: Accounts, tmp_path: Path) -> None:
    """The control: a role for one requirement is not enough for another."""
    kubeconfig = account(["dra_support"])
    runs = tmp_path / "runs"
    variables = {
        "conformance_requirements": ["robust_controller"],
        "conformance_kubeconfig": str(kubeconfig),
        "conformance_runs_dir": str(runs),
    }
    play = lab.play("playbooks/verify.yml", variables=variables, expect=None)
    assert play.status != 0
    assert "before anything is made" in play.output
    assert "create trainjobs.trainer.kubeflow.org" in " ".join(play.output.split())
    (run,) = runs.iterdir()
    assert not (run / "ledger.jsonl").exists()
