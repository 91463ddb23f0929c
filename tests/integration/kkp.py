# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's KKP API as its administrator has it: by HTTP, and by the modules as commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cached_property
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import yaml

from tests.integration import standing
from tests.integration.standing import Lab

PROJECT, CLUSTER = "ailab", "lab"
MACHINE = {"openstack": {"flavor": "lab.cpu", "image": "lab-node"}}
HEALTHY = "HealthStatusUp"


class Kkp:
    """The API of one lab, for one user cluster in it.

    Args:
        cluster: its human name.
    """

    def __init__(self, lab: Lab, cluster: str = CLUSTER) -> None:
        self._lab = lab
        self.cluster = cluster
        self.url = f"http://127.0.0.1:{standing.KKP_PORT}"
        self.token = (standing.STATE / "kkp/admin.token").read_text().strip()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that must be answered; return the decoded answer."""
        status, answer = self._send(method, path, body)
        assert status < HTTPStatus.BAD_REQUEST, answer
        return answer

    def refusal(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Send a request that must be refused; return status and message."""
        status, answer = self._send(method, path, body)
        assert status >= HTTPStatus.BAD_REQUEST, answer
        return status, str(answer["error"]["message"])

    def _send(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        with closing(HTTPConnection("127.0.0.1", standing.KKP_PORT, timeout=60)) as connection:
            connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read() or b"null")

    @cached_property
    def id(self) -> str:
        """The cluster's id."""
        return self._lab.cluster_id(self.cluster)

    @property
    def path(self) -> str:
        """The cluster's path."""
        return f"/api/v2/projects/{self._lab.project}/clusters/{self.id}"

    def health(self) -> dict[str, str]:
        """The cluster's components."""
        found: dict[str, str] = self.call("GET", f"{self.path}/health")
        return found

    def deployment(self, name: str) -> dict[str, Any]:
        """One machine deployment."""
        found: dict[str, Any] = self.call("GET", f"{self.path}/machinedeployments/{name}")
        return found

    def scale(self, name: str, replicas: int) -> None:
        """Set the size of a machine deployment."""
        self.call("PATCH", f"{self.path}/machinedeployments/{name}", {"spec": {"replicas": replicas}})

    def start(self, module: str, /, *words: str, **options: Any) -> subprocess.Popen[str]:
        """Start a module as a command, on this API, project and cluster.

        Args:
            words: more for the command line.
            options: of the module.
        """
        target = {"project": PROJECT, "name" if module in ("kkp_cluster", "kkp_cluster_info") else "cluster": self.cluster}
        program = Path(sys.executable).parent / "ansible"
        command = [str(program), "localhost", "-m", f"ailab.conformance.{module}", "-a", json.dumps({**target, **options}), *words]
        return subprocess.Popen(
            command, cwd=self._lab.root, env=self._environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def run(self, module: str, /, *words: str, **options: Any) -> dict[str, Any]:
        """Run a module, which must succeed; return its result."""
        with self.start(module, *words, **options) as process:
            said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, said
        result: dict[str, Any] = yaml.safe_load(said.partition("=> ")[2])
        return result

    @property
    def _environment(self) -> Mapping[str, str]:
        """What a user sets where Ansible is started."""
        return {**os.environ, "KKP_API_URL": self.url, "KKP_TOKEN": self.token, "ANSIBLE_NOCOLOR": "true", "ANSIBLE_FORCE_COLOR": "false"}


def until(decided: Callable[[], object], *, seconds: float, what: str) -> float:
    """Wait for something; return how long it took. Whoever does not answer yet is asked again."""
    start = time.monotonic()
    while True:
        try:
            if decided():
                return time.monotonic() - start
        except (OSError, HTTPException):
            pass
        assert time.monotonic() - start < seconds, f"{what}: not within {seconds} s"
        time.sleep(0.1)
