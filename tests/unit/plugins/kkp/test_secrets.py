# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real ansible-playbook against the KKP of the test, as talkative as it gets: what does it give away?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.plugins.kkp.fake_kkp import TOKEN, Fault, envelope
from tests.unit.plugins.kkp.harness import Bench

JSON = Any

PASSWORD = "pa55-of-the-robot"
CLUSTER = {"project": "ai-platform", "cluster": "gpu-prod"}


def play(user: Bench, root: Path, folder: Path, tasks: list[dict[str, JSON]], *, as_module: bool) -> tuple[int, str]:
    """The exit status of a play, and all that it says.

    Args:
        as_module: whether its tasks run in processes of their own, which the environment of a task asks for.
    """
    module = "ailab.conformance."
    named = [{"name": name, f"{module}{name}": options} for task in tasks for name, options in task.items()]
    defaults = {"group/ailab.conformance.kkp": {"api_url": user.kkp.url, "token": TOKEN}}
    book = folder / "play.yml"
    way = {"environment": {"LANG": "C"}} if as_module else {}
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": named, **way}]))
    log = folder / "log"
    log.touch()
    (folder / "ansible.cfg").write_text("[defaults]\n")
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(root / ".ansible/collections"),
        "ANSIBLE_LOG_PATH": str(log),
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "local"),
        "ANSIBLE_REMOTE_TEMP": str(folder / "remote"),
        "ANSIBLE_DEBUG": "0",
    }
    command = [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "-c", "local", "-vvv", "--diff", book]
    extra = ["-e", f"ansible_python_interpreter={sys.executable}"]
    done = subprocess.run([*command, *extra], env=environment, capture_output=True, text=True, check=False, timeout=240)
    return done.returncode, done.stdout + done.stderr + log.read_text()


@pytest.mark.parametrize("as_module", [False, True])
def test_a_play_at_vvv_gives_away_no_secret(user: Bench, root: Path, tmp_path: Path, *, as_module: bool) -> None:
    cluster = {
        "project": "ai-platform",
        "name": "gpu-prod",
        "version": "1.34",
        "datacenter": "os-fra",
        "provider": "openstack",
        "cloud_credentials": {"username": "robot-user", "password": PASSWORD},
        "wait": False,
    }
    tasks = [
        {"kkp_project": {"name": "ai-platform"}},
        {"kkp_cluster": cluster},
        {"kkp_kubeconfig": {**CLUSTER, "dest": str(tmp_path / "kubeconfig")}},
        {"kkp_cluster_info": {"project": "ai-platform"}},
        {"kkp_service_account": {"project": "ai-platform", "name": "ci", "token_name": "t", "token_dest": str(tmp_path / "token")}},
    ]
    status, said = play(user, root, tmp_path, tasks, as_module=as_module)
    assert status == 0, said
    assert "secret-of-" in (tmp_path / "kubeconfig").read_text()
    for secret in (TOKEN, PASSWORD, "secret-of-", (tmp_path / "token").read_text()):
        assert secret not in said
    # Only a module tells how it was called.
    assert ("VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in said) is as_module


@pytest.mark.parametrize(("status", "as_module"), [(401, False), (500, True)])
def test_a_failing_task_at_vvv_gives_away_no_secret(user: Bench, root: Path, tmp_path: Path, status: int, *, as_module: bool) -> None:
    said = envelope(status, f"access denied, invalid token: {TOKEN}")
    user.kkp.faults.append(Fault(method="GET", path="/projects$", status=status, content=said))
    failed, output = play(user, root, tmp_path, [{"kkp_project": {"name": "ai-platform"}}], as_module=as_module)
    assert failed
    assert f"HTTP {status}: access denied, invalid token: (redacted)" in output
    assert TOKEN not in output
