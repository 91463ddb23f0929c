# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role of the platform goes as it came: the API server's list of objects is what it was before."""

from __future__ import annotations

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._cluster import kubeconfig
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import METADATA_ONLY, cluster_of
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.discovery import served

from tests.integration.standing import Lab, Play

pytestmark = [pytest.mark.integration, pytest.mark.slow]

# What comes and goes on any cluster by itself, whatever is installed on it.
PASSING = frozenset({"CertificateSigningRequest", "Endpoints", "EndpointSlice", "Event", "Lease", "NodeMetrics", "Pod", "PodMetrics"})


def objects(lab: Lab) -> set[tuple[str, str, str]]:
    """Kind, namespace and name of everything that the API server has."""
    found = set()
    with cluster_of(kubeconfig.read(path=lab.kubeconfig, context=None)) as cluster:
        for kind in served(cluster):
            if kind.preferred and "list" in kind.verbs and kind.kind not in PASSING:
                for item in cluster.list(kind.path(), accept=METADATA_ONLY).items:
                    found.add((f"{kind.kind}.{kind.group}", item["metadata"].get("namespace", ""), item["metadata"]["name"]))
    return found


def play(lab: Lab, role: str, state: str) -> Play:
    return lab.play("playbooks/platform.yml", "--tags", role, variables={f"{role}_state": state})


@pytest.mark.parametrize("role", ["kueue", "kubeflow"])
def test_absent_after_present_leaves_what_was_there(lab: Lab, role: str) -> None:
    play(lab, role, "absent")
    before = objects(lab)
    try:
        assert play(lab, role, "present").changed
        assert objects(lab) > before
        assert play(lab, role, "present").changed == []
        play(lab, role, "absent")
        assert objects(lab) == before
        assert play(lab, role, "absent").changed == []
    finally:
        play(lab, role, "present")
