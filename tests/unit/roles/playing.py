# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a role with ansible-playbook on this machine, and says which of its tasks changed something."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

JSON = Any


@dataclass(frozen=True, slots=True)
class Play:
    """How a playbook went.

    Attributes:
        changed: names of tasks that changed something, in order.
        failed: messages of tasks that failed.
        diffs: what ``--diff`` showed, by task.
        output: everything that was written.
    """

    changed: list[str]
    failed: list[str]
    diffs: Mapping[str, JSON]
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """Plays one role with the same variables each time.

    Attributes:
        root: of the checkout.
        directory: for the playbook.
        role: its name.
        variables: of the role.
        environment: beside the test's own.
    """

    root: Path
    directory: Path
    role: str
    variables: Mapping[str, JSON]
    environment: Mapping[str, str]

    def play(self, entry_point: str = "main", *, options: Sequence[str] = (), **variables: JSON) -> Play:
        """Run an entry point.

        Args:
            options: of ansible-playbook.
            variables: on top of the player's.
        """
        role = {"name": f"ailab.conformance.{self.role}", "tasks_from": entry_point}
        play = {
            "hosts": "all",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": sys.executable, **self.variables, **variables},
            "tasks": [{"name": "Apply the role", "ansible.builtin.import_role": role}],
        }
        playbook = self.directory / "playbook.yml"
        playbook.write_text(yaml.safe_dump([play]))
        settings = {
            "ANSIBLE_CONFIG": str(self.root / "ansible.cfg"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_CALLBACKS_ENABLED": "ansible.posix.json",
        }
        done = subprocess.run(
            [Path(sys.executable).parent / "ansible-playbook", "-i", "gpu-prod,", "-c", "local", *options, playbook],
            cwd=self.root,
            env={**os.environ, **settings, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return _told(done.stdout, done.stderr)


def _told(stdout: str, stderr: str) -> Play:
    # With -v a line about the configuration comes first.
    start = 0 if stdout.startswith("{") else stdout.find("\n{") + 1
    assert stdout[start : start + 1] == "{", stderr
    document, _ = json.JSONDecoder().raw_decode(stdout, start)
    changed, failed, diffs = [], [], {}
    for task in document["plays"][0]["tasks"] if document["plays"] else ():
        name = task["task"]["name"].rpartition(" : ")[2]
        for result in task["hosts"].values():
            if result.get("changed"):
                changed.append(name)
                diffs[name] = [item["diff"] for item in (result.get("results") or [result]) if item.get("diff")]
            if result.get("failed"):
                failed.append(str(result.get("msg")))
    return Play(changed=changed, failed=failed, diffs=diffs, output=stdout + stderr)
