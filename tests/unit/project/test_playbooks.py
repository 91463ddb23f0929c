# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one playbook makes another takes away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

PREFIX = "ailab.conformance."


def roles(playbook: Path, play: str) -> list[str]:
    """The roles that a play includes, in order."""
    (found,) = [entry for entry in yaml.safe_load(playbook.read_text()) if entry["name"] == play]
    return [
        task["ansible.builtin.include_role"]["name"].removeprefix(PREFIX)
        for task in found["tasks"]
        if "ansible.builtin.include_role" in task
    ]


def known(root: Path) -> list[str]:
    """The roles that an inventory can ask for."""
    options = yaml.safe_load((root / "playbooks/vars/settings.yml").read_text())["argument_specs"]["platform"]["options"]
    choices: list[str] = options["platform_roles"]["choices"]
    return choices


def test_every_role_of_the_platform_is_applied_in_the_order_that_is_told(root: Path) -> None:
    assert [role for role in roles(root / "playbooks/platform.yml", "Platform") if role != "lab_host"] == known(root)


def test_every_role_of_the_platform_is_removed_in_the_opposite_order(root: Path) -> None:
    assert roles(root / "playbooks/destroy.yml", "Remove the platform from a cluster that stays") == known(root)[::-1]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "status"), [("second", 0), ("gpu-prod", 2)])
def test_hosts_that_mean_the_same_cluster_are_refused(root: Path, tmp_path: Path, name: str, status: int) -> None:
    more = tmp_path / "more.yml"
    more.write_text(yaml.safe_dump({"user_clusters": {"hosts": {"second": {"kkp_user_cluster_name": name}}}}))
    command = [
        str(Path(sys.executable).parent / "ansible-playbook"),
        "playbooks/preflight.yml",
        "--inventory=inventories/kkp",
        f"--inventory={more}",
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert ("ai-conformance/gpu-prod, ai-conformance/gpu-prod" in done.stdout.replace("\n", " ")) == bool(status)
