# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a cluster holds, to be compared with what it holds later: which objects there are, and what somebody has written into them."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster import kubeconfig
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import cluster_of
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.discovery import served

from tests.integration.standing import Lab

# What comes and goes on any cluster by itself, or is a view of something else.
PASSING = frozenset({"CertificateSigningRequest", "Endpoints", "EndpointSlice", "Event", "Lease", "NodeMetrics", "Pod", "PodMetrics"})
# What is made for each node, under names of which none comes twice: an autoscaler that grew and shrank may have kept the newer node.
OF_NODES = frozenset({"Node", "Machine", "ResourceSlice", "CSINode"})
# Controllers write their state into these all the time.
RESTLESS = frozenset({"ConfigMap"})

# Longer than an autoscaler of the lab waits before it removes a node.
STEADY_SECONDS, STEADY_LIMIT = 15, 240

Inventory = Mapping[tuple[str, str, str], str]
"""Kind, namespace and name, and what is written there; for what belongs to nodes, the number."""


def taken(lab: Lab) -> Inventory:
    """The cluster as it is."""
    found: dict[tuple[str, str, str], str] = {}
    numbers: Counter[tuple[str, str, str]] = Counter()
    with cluster_of(kubeconfig.read(path=lab.kubeconfig, context=None)) as cluster:
        for kind in served(cluster):
            if not kind.preferred or "list" not in kind.verbs or kind.kind in PASSING:
                continue
            for item in cluster.list(kind.path()).items:
                metadata = item["metadata"]
                if kind.kind in OF_NODES:
                    numbers[f"{kind.kind}.{kind.group}", "", "number"] += 1
                else:
                    key = (f"{kind.kind}.{kind.group}", metadata.get("namespace", ""), metadata["name"])
                    found[key] = "" if kind.kind in RESTLESS else _written(item)
    return {**found, **{key: str(number) for key, number in numbers.items()}}


def steady(lab: Lab) -> Inventory:
    """The cluster when nothing has changed for a while: what earlier tests have set going is over."""
    end, last = time.monotonic() + STEADY_LIMIT, taken(lab)
    while True:
        time.sleep(STEADY_SECONDS)
        found = taken(lab)
        if found == last:
            return found
        assert time.monotonic() < end, differences(last, found)
        last = found


def differences(before: Inventory, after: Inventory) -> list[str]:
    """What is not as it was, a line for each object."""
    return [
        f"{kind} {space}/{name}: {before.get((kind, space, name), 'nothing')} → {after.get((kind, space, name), 'nothing')}"
        for kind, space, name in sorted({*before, *after})
        if before.get((kind, space, name)) != after.get((kind, space, name))
    ]


def _written(item: Mapping[str, Any]) -> str:
    """An object without what the server and controllers write."""
    return json.dumps({key: value for key, value in item.items() if key not in {"metadata", "status"}}, sort_keys=True)
