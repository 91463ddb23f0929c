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
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import yaml

from tests.integration.census import Named
from tests.integration.machine import TESTS, Traces, crowding

NAME = TESTS
STATE = Path("/var/lib/ailabtest")
SUPERNET = "10.192.0.0/12"
QUICK = ["dra_support", "ai_inference", "accelerator_metrics", "ai_service_metrics", "secure_accelerator_access", "robust_controller"]
KKP_PORT = 8185
# The pools of the default inventory, in its order.
POOLS = ("gpu-dra", "gpu-plugin", "gpu-batch")
# How the lab's command line is told so.
OWN = (f"--name={NAME}", f"--state-dir={STATE}", f"--supernet={SUPERNET}", f"--kkp-port={KKP_PORT}")


@dataclass(frozen=True)
class Play:
    """What came of a run of ansible-playbook.

    Attributes:
        crowd: how many others wanted each core of this machine when it began, at least 1.
    """

    playbook: str
    words: tuple[str, ...]
    status: int
    output: str
    seconds: float
    crowd: float

    @property
    def seconds_alone(self) -> float:
        """About as long as it would have taken on a machine of its own; bench/lab.py has the figures that were measured on one."""
        return self.seconds / self.crowd

    @property
    def changed(self) -> list[str]:
        """The hosts on which something was changed."""
        return [host for host, count in re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", self.output, re.MULTILINE) if int(count)]


@dataclass
class Lab:
    """One lab of the tests: the commands that a user has.

    Attributes:
        before: the machine with everything built and no lab.
        dry_run_left: what the dry run on it left there.
        bare: what the cluster had before the platform.
    """

    root: Path
    work: Path
    plays: list[Play] = field(default_factory=list)
    before: Traces | None = None
    dry_run_left: dict[str, list[str]] = field(default_factory=dict)
    bare: frozenset[Named] = frozenset()

    @property
    def kubeconfig(self) -> Path:
        return kubeconfig("lab")

    @property
    def runs(self) -> Path:
        return self.work / "runs"

    @property
    def cluster(self) -> str:
        """The id that KKP gave to the cluster."""
        return self.cluster_id("lab")

    @property
    def control_plane(self) -> str:
        return f"{self.cluster}-control-plane"

    def cluster_id(self, name: str) -> str:
        """The id of the cluster of that name."""
        (found,) = [cluster["id"] for cluster in self.clusters() if cluster["name"] == name]
        return str(found)

    def clusters(self) -> list[Any]:
        """The clusters of the lab's project, as the KKP API shows them."""
        found: list[Any] = self.api(f"/api/v2/projects/{self.project}/clusters")["clusters"]
        return found

    @property
    def project(self) -> str:
        """The id of the lab's project."""
        (found,) = [project["id"] for project in self.api("/api/v1/projects") if project["name"] == "ailab"]
        return str(found)

    def api(self, path: str) -> Any:
        """What the KKP API answers to a GET by its administrator."""
        token = (STATE / "kkp/admin.token").read_text().strip()
        with closing(HTTPConnection("127.0.0.1", KKP_PORT, timeout=30)) as connection:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            reply = connection.getresponse()
            assert reply.status == HTTPStatus.OK, f"{path}: {reply.status} {reply.read().decode()}"
            return json.load(reply)

    def node(self, pool: str) -> str:
        """The first node of a pool, oldest first."""
        (deployment,) = [
            found for found in self.get("machinedeployments", "-n", "kube-system")["items"] if found["metadata"]["name"] == pool
        ]
        labels = ",".join(f"{key}={value}" for key, value in deployment["spec"]["selector"]["matchLabels"].items())
        machines = self.get("machines", "-n", "kube-system", "-l", labels, "--sort-by=.metadata.creationTimestamp")["items"]
        return str(machines[0]["status"]["nodeRef"]["name"])

    def first(self, playbook: str, *words: str) -> Play:
        """The first run of a playbook with just these words."""
        return next(play for play in self.plays if (play.playbook, play.words) == (playbook, words))

    def more(self, hosts: dict[str, dict[str, Any]]) -> list[str]:
        """The words of a command for an inventory with further user clusters beside the lab's.

        Args:
            hosts: variables by name.
        """
        file = self.work / "more.yml"
        file.write_text(yaml.safe_dump({"user_clusters": {"hosts": hosts}}))
        return ["--inventory=inventories/lab", f"--inventory={file}"]

    @property
    def settings(self) -> dict[str, Any]:
        """The variables that make the lab the tests' own."""
        return {
            "lab_host_name": NAME,
            "lab_host_state_dir": str(STATE),
            "lab_host_supernet": SUPERNET,
            "lab_host_kkp_port": KKP_PORT,
            # The others have all accelerators to themselves for minutes, one after the other.
            "conformance_requirements": QUICK,
            "conformance_runs_dir": str(self.runs),
            "conformance_report_dir": str(self.work / "reports"),
        }

    def command(self, playbook: str, *words: str, variables: dict[str, Any] | None = None) -> list[str]:
        """The command that runs a playbook as the Makefile does, on the lab of the tests."""
        program = str(Path(sys.executable).parent / "ansible-playbook")
        return [program, playbook, "--extra-vars", json.dumps({**self.settings, **(variables or {})}), *words]

    def play(self, playbook: str, *words: str, variables: dict[str, Any] | None = None, expect: int | None = 0) -> Play:
        """Run a playbook to its end."""
        crowd = crowding()
        started = time.monotonic()
        done = subprocess.run(
            self.command(playbook, *words, variables=variables),
            cwd=self.root,
            env={**os.environ, "ANSIBLE_FORCE_COLOR": "false", "ANSIBLE_NOCOLOR": "true"},
            capture_output=True,
            text=True,
            timeout=2400,
            check=False,
        )
        play = Play(playbook, words, done.returncode, done.stdout + done.stderr, time.monotonic() - started, crowd)
        self.plays.append(play)
        if expect is not None:
            assert play.status == expect, play.output[-6000:]
        return play

    def cli(self, *words: str, stdin: str | None = None, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run the lab's command line."""
        done = subprocess.run(
            [sys.executable, "-m", "lab", *OWN, *words],
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

    def kubectl(self, *words: str, cluster: str = "lab", stdin: str | None = None, expect: int | None = 0) -> str:
        """Run kubectl on a cluster of the lab; return what it printed."""
        done = subprocess.run(
            [STATE / "bin/kubectl", f"--kubeconfig={kubeconfig(cluster)}", *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        if expect is not None:
            assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout if expect == 0 else done.stdout + done.stderr

    def get(self, *words: str, cluster: str = "lab") -> Any:
        """What ``kubectl get`` returns, as JSON."""
        return json.loads(self.kubectl("get", *words, "--output=json", cluster=cluster))


def kubeconfig(cluster: str) -> Path:
    """The kubeconfig of a cluster, by its name."""
    return STATE / "kubeconfigs" / cluster
