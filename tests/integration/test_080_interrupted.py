# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A verification of all nine requirements that is ended in its middle: the cluster is what it was.

After Ctrl-C by itself, after ``kill -9`` by the command that the documentation names.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._cluster import kubeconfig
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import cluster_of
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.identity import RUN_LABEL
from ansible_collections.ailab.conformance.plugins.module_utils._platform.ledger import FileLedger, changes, entries, kinds_noted
from ansible_collections.ailab.conformance.plugins.module_utils._platform.undo import Changes

from tests.integration.inventory import Inventory, differences, steady, taken
from tests.integration.kkp import until
from tests.integration.machines import kill
from tests.integration.standing import Lab

pytestmark = pytest.mark.integration

AT_WORK_SECONDS = 180
END_SECONDS = 240
# A pool that grew shrinks only when its new node was not needed for a while.
SETTLED_SECONDS = 240
USER_INTERRUPTED = 99
# So many are to be interrupted; the quickest may be done before the one that waited for accelerators has begun.
INTERRUPTED = 6
SPEC = {
    "selector": {"matchLabels": {"app": "theirs"}},
    "template": {"metadata": {"labels": {"app": "theirs"}}, "spec": {"containers": [{"name": "c", "image": "unused"}]}},
}


class Verification:
    """A verification of everything, in a process of its own.

    Args:
        lab: where.
        work: where its run and its output go.
    """

    def __init__(self, lab: Lab, work: Path) -> None:
        self.lab = lab
        self.runs = work / "runs"
        self.output = work / "output"
        self.variables = {
            "conformance_requirements": list(SUITES),
            "conformance_runs_dir": str(self.runs),
            "conformance_cleanup_seconds": SETTLED_SECONDS,
        }

    @contextmanager
    def started(self) -> Iterator[subprocess.Popen[bytes]]:
        """The process; whoever is left of it in the end is killed."""
        with self.output.open("wb") as output:
            process = subprocess.Popen(
                self.lab.command("playbooks/verify.yml", variables=self.variables),
                cwd=self.lab.root,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                if process.poll() is None:
                    kill(*family(process.pid))
                    process.wait(END_SECONDS)

    @property
    def run(self) -> Path:
        """Its run directory."""
        (found,) = [path for path in self.runs.iterdir() if not path.name.startswith(".")]
        return found

    def is_in_its_middle(self) -> bool:
        """Whether all nine have begun, most of them are at work, and pods of the run are there."""
        if not self.runs.is_dir() or not list(self.runs.glob("[!.]*")):
            return False
        ledger = self.run / "ledger.jsonl"
        made = [entry for entry in entries(ledger) if entry.uid]
        begun = all(kinds_noted(ledger, requirement=requirement) for requirement in SUITES)
        return begun and len({entry.requirement for entry in made}) >= INTERRUPTED and "Pod" in {entry.kind for entry in made}

    def wait_until_in_its_middle(self, process: subprocess.Popen[bytes]) -> None:
        until(lambda: self.is_in_its_middle() or process.poll() is not None, seconds=AT_WORK_SECONDS, what="a verification at work")
        assert process.poll() is None, self.output.read_text()[-4000:]
        assert self.labelled() != []

    def labelled(self) -> list[str]:
        """What the cluster has of the run, of the kinds that everything else of it lies in or that lie nowhere."""
        label = f"{RUN_LABEL}={self.run.name}"
        words = ("namespaces,pods,deviceclasses,clusterqueues,resourceflavors", "--all-namespaces", "--selector", label)
        return [str(item["metadata"]["name"]) for item in self.lab.get(*words)["items"]]


def family(pid: int) -> list[int]:
    """A process and all that descend from it, in whatever session they are."""
    found, todo = list[int](), [pid]
    while todo:
        found.append(todo.pop())
        for children in Path(f"/proc/{found[-1]}/task").glob("*/children"):
            try:
                todo += map(int, children.read_text().split())
            except OSError:
                continue
    return found


def as_it_was(lab: Lab, before: Inventory) -> None:
    """Waits until the cluster is what it was; the last look's differences are the failure's message."""
    last: list[str] = ["not looked at"]

    def equal() -> bool:
        last[:] = differences(before, taken(lab))
        return not last

    try:
        until(equal, seconds=SETTLED_SECONDS, what="the cluster as it was")
    except AssertionError:
        assert last == []


@pytest.fixture
def theirs(lab: Lab) -> Iterator[Any]:
    """A Deployment of somebody else's, without replicas."""
    made = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "theirs"}, "spec": {**SPEC, "replicas": 0}}
    lab.kubectl("create", "--namespace=default", "--filename=-", stdin=json.dumps(made))
    yield lab.get("--namespace=default", "deployment/theirs")
    lab.kubectl("delete", "--namespace=default", "deployment/theirs")


@pytest.fixture
def verification(lab: Lab, tmp_path: Path) -> Verification:
    return Verification(lab, tmp_path)


def test_ctrl_c_leaves_the_cluster_as_it_was(lab: Lab, verification: Verification) -> None:
    before = steady(lab)
    with verification.started() as process:
        verification.wait_until_in_its_middle(process)
        os.kill(process.pid, signal.SIGINT)
        status = process.wait(END_SECONDS)
    assert status == USER_INTERRUPTED, verification.output.read_text()[-4000:]
    assert verification.labelled() == []
    as_it_was(lab, before)


def test_kill_and_the_documented_command_leave_the_cluster_as_it_was(lab: Lab, verification: Verification, theirs: Any) -> None:
    before = steady(lab)
    with verification.started() as process:
        verification.wait_until_in_its_middle(process)
        kill(*family(process.pid))
        process.wait(END_SECONDS)
    left = verification.labelled()
    assert left != []
    run = verification.run
    changed(lab, run, theirs)
    assert differences(before, taken(lab)) != []

    first = lab.play("playbooks/verify.yml", "--tags", "cleanup", variables=verification.variables)
    assert first.changed == ["lab"]
    assert verification.labelled() == []
    assert changes(run / "ledger.jsonl") == []
    assert not (run / "leases").exists()
    as_it_was(lab, before)
    assert lab.play("playbooks/verify.yml", "--tags", "cleanup", variables=verification.variables).changed == []


def changed(lab: Lab, run: Path, item: Any) -> None:
    """Changes a Deployment as a check of the run would have, which died before it restored it."""
    path = kinds.DEPLOYMENT.path(name=item["metadata"]["name"], namespace=item["metadata"]["namespace"])
    with cluster_of(kubeconfig.read(path=lab.kubeconfig, context=None)) as cluster:
        hand = Changes(cluster=cluster, ledger=FileLedger(run / "ledger.jsonl"), requirement="robust_controller")
        _, reply = hand.make(item, path=path, patch={"spec": {"paused": True}}, back={"spec": {"paused": None}})
    assert reply.ok
