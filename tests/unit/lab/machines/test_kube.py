# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of the API server, and the loop that it wakes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.machines.kube import Access, KubeError
from lab.machines.loop import Loop
from lab.machines.names import DEPLOYMENTS, NODES, SERVICES, Resource

from .fakes import FakeKube


@pytest.mark.parametrize(
    ("resource", "words", "path"),
    [
        (NODES, {"name": "a"}, "/api/v1/nodes/a"),
        (SERVICES, {}, "/api/v1/services"),
        (
            DEPLOYMENTS,
            {"name": "a", "namespace": "kube-system", "sub": "scale"},
            "/apis/cluster.k8s.io/v1alpha1/namespaces/kube-system/machinedeployments/a/scale",
        ),
    ],
)
def test_paths(resource: Resource, words: dict[str, str], path: str) -> None:
    assert resource.path(**words) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "current-context: a\ncontexts: []\n",
        (
            "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'http://h'}}]\n"
            "users: [{name: u, user: {}}]\n"
        ),
    ],
)
def test_a_kubeconfig_that_is_none_is_refused_with_its_path(tmp_path: Path, text: str) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(text)
    with pytest.raises(LabError, match=f"the kubeconfig {file}"):
        Access.of(file)


def test_a_pass_that_fails_is_made_again() -> None:
    passes: list[int] = []
    done = threading.Event()

    def work() -> float:
        passes.append(1)
        if len(passes) == 1:
            raise KubeError(0, "Unreachable", "no server")
        done.set()
        return 60.0

    loop = Loop("test", FakeKube(), work)
    loop.start()
    assert done.wait(5)
    loop.stop()
    assert len(passes) == 2
    assert (loop.seconds_since_pass() or 99) < 5


def test_a_change_makes_a_pass_due_and_the_end_does_not_wait_for_the_next() -> None:
    passes = threading.Semaphore(0)

    def work() -> float:
        passes.release()
        return 60.0

    loop = Loop("test", FakeKube(), work)
    loop.start()
    assert passes.acquire(timeout=5)
    loop.wake()
    assert passes.acquire(timeout=5)
    loop.stop()
