# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is there: kind, namespace and name of everything that an API server has."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.ailab.conformance.plugins.module_utils._cluster import kubeconfig
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import METADATA_ONLY, cluster_of
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.discovery import served

Named = tuple[str, str, str]

# What comes and goes on any cluster by itself, whatever is installed on it.
_PASSING = frozenset({"CertificateSigningRequest", "Endpoints", "EndpointSlice", "Event", "Lease", "NodeMetrics", "Pod", "PodMetrics"})
# What comes and goes with a node.
_OF_NODES = frozenset({"CSINode", "Machine", "Node"})
_JOINING = "bootstrap-token-"


def census(path: Path) -> frozenset[Named]:
    """Count a cluster.

    Args:
        path: of its kubeconfig.
    """
    found = set()
    with cluster_of(kubeconfig.read(path=path, context=None)) as cluster:
        for kind in served(cluster):
            if kind.preferred and "list" in kind.verbs and kind.kind not in _PASSING | _OF_NODES:
                for item in cluster.list(kind.path(), accept=METADATA_ONLY).items:
                    metadata = item["metadata"]
                    found.add((f"{kind.kind}.{kind.group}", metadata.get("namespace", ""), metadata["name"]))
    return frozenset(entry for entry in found if not entry[2].startswith(_JOINING))
