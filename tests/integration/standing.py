# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A standing lab of the tests' own: with a name, a place and addresses of its own, so that a user's lab is left alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.integration.machine import Traces

NAME = "ailabtest"
STATE = Path("/var/lib/ailabtest")
SUPERNET = "10.192.0.0/12"


@dataclass(frozen=True)
class Play:
    """What came of a run of ansible-playbook."""

    status: int
    output: str
    seconds: float

    @property
    def changed(self) -> list[str]:
        """The hosts on which something was changed."""
        return [host for host, count in re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", self.output, re.MULTILINE) if int(count)]


@dataclass
class Lab:
    """One lab of the tests: the commands that a user has."""

    root: Path
    work: Path
    plays: list[Play] = field(default_factory=list)
    before: Traces | None = None

    @property
    def kubeconfig(self) -> Path:
        return STATE / "clusters/lab/admin.kubeconfig"

    @property
    def runs(self) -> Path:
        return self.work / "runs"

    def play(self, playbook: str, *words: str, variables: dict[str, Any] | None = None, expect: int | None = 0) -> Play:
        """Run a playbook as the Makefile does, on the lab of the tests."""
        settings = {
            "lab_host_name": NAME,
            "lab_host_state_dir": str(STATE),
            "lab_host_supernet": SUPERNET,
            "conformance_runs_dir": str(self.runs),
            "conformance_report_dir": str(self.work / "reports"),
            **(variables or {}),
        }
        started = time.monotonic()
        done = subprocess.run(
            [Path(sys.executable).parent / "ansible-playbook", playbook, "--extra-vars", json.dumps(settings), *words],
            cwd=self.root,
            env={**os.environ, "ANSIBLE_FORCE_COLOR": "false", "ANSIBLE_NOCOLOR": "true"},
            capture_output=True,
            text=True,
            timeout=2400,
            check=False,
        )
        play = Play(done.returncode, done.stdout + done.stderr, time.monotonic() - started)
        self.plays.append(play)
        if expect is not None:
            assert play.status == expect, play.output[-6000:]
        return play

    def cli(self, *words: str, stdin: str | None = None, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run the lab's command line."""
        done = subprocess.run(
            [sys.executable, "-m", "lab", f"--name={NAME}", f"--state-dir={STATE}", f"--supernet={SUPERNET}", *words],
            cwd=self.root,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        if expect is not None:
            assert done.returncode == expect, done.stdout + done.stderr
        return done

    def kubectl(self, *words: str, stdin: str | None = None, expect: int | None = 0) -> str:
        """Run kubectl on the lab's cluster; return what it printed."""
        done = subprocess.run(
            [STATE / "bin/kubectl", f"--kubeconfig={self.kubeconfig}", *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        if expect is not None:
            assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout if expect == 0 else done.stdout + done.stderr

    def get(self, *words: str) -> Any:
        """What ``kubectl get`` returns, as JSON."""
        return json.loads(self.kubectl("get", *words, "--output=json"))
