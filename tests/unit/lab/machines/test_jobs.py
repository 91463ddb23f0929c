# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that fail: tried again, and told at the machine when they go on failing."""

from __future__ import annotations

import threading
from typing import NoReturn

import pytest

from lab.errors import LabError
from lab.machines import jobs
from lab.machines.actions import Provision
from lab.machines.events import Events
from lab.machines.jobs import Jobs
from lab.machines.names import MACHINES, NAMESPACE
from lab.machines.views import Machine

from .fakes import FakeKube, FakeNodes

NAME = "gpu-1"


def no_node(machine_name: str, *_: object) -> NoReturn:
    raise LabError(f"node {machine_name}", found="no kubelet", expected="one", see="its log")


def test_a_failure_is_told_at_the_machine_when_it_happens_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_FIRST_REST_SECONDS", 0.0)
    kube = FakeKube()
    nodes = FakeNodes(kube)
    monkeypatch.setattr(nodes, "create", no_node)
    spec = {"providerSpec": {"value": {"cloudProvider": "lab", "cloudProviderSpec": {}}}}
    made = kube.create(MACHINES.path(namespace=NAMESPACE), {"metadata": {"name": NAME, "namespace": NAMESPACE}, "spec": spec})
    ended = threading.Event()
    working = Jobs(kube, nodes, Events(kube, "test"), done=ended.set, drain_seconds=0)
    told = []
    for _ in range(3):
        ended.clear()
        working.start(Provision(Machine.of(made)))
        assert ended.wait(5)
        told.append((kube.get(MACHINES.path(NAME, namespace=NAMESPACE)).get("status") or {}).get("errorReason"))
    working.stop()
    assert told == [None, None, "CreateError"]
