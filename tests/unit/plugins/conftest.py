# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""API servers for tests, and the way to them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import SystemClock
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.transport import Transport

from tests.unit.plugins.api_server import ApiServer

JSON = Any


@contextlib.contextmanager
def serving() -> Iterator[ApiServer]:
    """A server with the namespace kube-system; a namespace gets its ServiceAccount at once."""
    server = ApiServer()
    server.put("Namespace", "kube-system", metadata={"uid": "the-cluster"})

    def account(item: JSON) -> None:
        if item["kind"] == "Namespace":
            server.put("ServiceAccount", "default", space=item["metadata"]["name"])

    server.created = account
    try:
        yield server
    finally:
        if not server.closing:
            server.stop()


@contextlib.contextmanager
def reaching(server: ApiServer) -> Iterator[Cluster]:
    """The way to a server, given up soon."""
    with contextlib.closing(Transport.to(server.address)) as transport:
        yield Cluster(transport=transport, clock=SystemClock(), patience=0.5)


@pytest.fixture
def api() -> Iterator[ApiServer]:
    """A server of the test's own."""
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def module_api() -> Iterator[ApiServer]:
    """A server for all tests of a module, for what takes long to make."""
    with serving() as server:
        yield server


@pytest.fixture
def cluster(api: ApiServer) -> Iterator[Cluster]:
    """The way to the test's own server."""
    with reaching(api) as found:
        yield found


@pytest.fixture(scope="module")
def module_cluster(module_api: ApiServer) -> Iterator[Cluster]:
    """The way to the module's server."""
    with reaching(module_api) as found:
        yield found


@pytest.fixture
def kubeconfig(api: Any, tmp_path: Path) -> str:
    """The way to the test's own cluster."""
    path = tmp_path / "kubeconfig"
    document = {
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c"}}],
        "clusters": [{"name": "c", "cluster": {"server": api.address}}],
    }
    path.write_text(yaml.safe_dump(document))
    return str(path)
