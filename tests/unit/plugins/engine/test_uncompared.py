# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind that the API server cannot list keeps nobody from anything, and never counts as clean."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS, KINDS_MADE, SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._engine.replay import replay
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run import open_run, seal_run
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verification import verify
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import Settings


def conversion_fails(plural: str) -> Callable[[str, str, Any], Any]:
    """The server's answers while the conversion webhook of a kind is down."""
    message = f"conversion webhook for {plural} failed: connection refused"
    answer = (500, {"kind": "Status", "reason": "InternalError", "message": message})
    return lambda _method, path, _body: answer if path.partition("?")[0].endswith(f"/{plural}") else None


def opened_again(cluster: Cluster, run: RunDirectory) -> RunDirectory:
    spec = run.opened().spec
    return open_run(cluster, runs=run.path.parent, spec=spec, settings={}, component_namespaces=[], made=KINDS_MADE)[0]


@pytest.mark.parametrize(
    ("kind", "down", "verdict"),
    [
        ("DeviceClass", "opened sealed", (Verdict.ERROR, "cleanup-unverified")),
        ("DeviceClass", "sealed", (Verdict.ERROR, "cleanup-unverified")),
        ("DeviceClass", "opened", (Verdict.ERROR, "cleanup-unverified")),
        ("Deployment", "opened sealed", (Verdict.PASS, "all-passed")),
        ("Deployment", "sealed", (Verdict.ERROR, "cleanup-unverified")),
        ("Deployment", "opened", (Verdict.ERROR, "cleanup-unverified")),
    ],
    ids=["made", "made, lost", "made, found", "not made", "not made, lost", "not made, found"],
)
def test_a_kind_that_cannot_be_listed_is_named_and_never_counts_as_clean(
    platform: Any, cluster: Cluster, settings: Settings, run: RunDirectory, *, kind: str, down: str, verdict: tuple[Verdict, str]
) -> None:
    platform.start()
    api, healthy = platform.api, platform.api.intercept
    failing = conversion_fails(f"{kind.lower()}es" if kind.endswith("s") else f"{kind.lower()}s")
    api.intercept = failing if "opened" in down else healthy
    again = opened_again(cluster, run)
    assert [item["kind"] for item in json.loads(again.before_file.read_bytes())["unreadable"]] == [kind] * ("opened" in down)
    api.intercept = healthy
    verify(cluster, suite=SUITES["dra_support"], settings=settings, run=again)
    api.intercept = failing if "sealed" in down else healthy
    document = seal_run(cluster, again, made=KINDS_MADE)
    (found,) = document.inventory.uncompared
    assert found.kind == kind
    assert ("conversion webhook" in found.before, "conversion webhook" in found.after) == ("opened" in down, "sealed" in down)
    assert kind not in {*document.inventory.before, *document.inventory.after}
    assert [(item.verdict, item.reason) for item in document.requirements] == [verdict]
    assert replay(again, checks=CHECKS).differences == ()


@pytest.mark.parametrize("plural", ["namespaces", "nodes", "pods"])
def test_without_the_kinds_that_every_cluster_has_no_run_is_opened(api: Any, cluster: Cluster, run: RunDirectory, plural: str) -> None:
    api.intercept = conversion_fails(plural)
    with pytest.raises(ConformanceError, match="conversion webhook"):
        opened_again(cluster, run)
