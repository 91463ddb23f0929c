# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that makes Kueue's objects of what people say about queues."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

JSON = Any

_API = "kueue.x-k8s.io/v1beta1"


def kueue_objects(flavors: Sequence[JSON], cluster_queues: Sequence[JSON], local_queues: Sequence[JSON] = ()) -> list[JSON]:
    """ResourceFlavors, ClusterQueues and LocalQueues (Kueue API reference, kueue.x-k8s.io/v1beta1, which 0.13 to 0.16 serve).

    Args:
        flavors: with ``name``, ``node_labels``, ``node_taints`` and ``tolerations``.
        cluster_queues: with ``name``, ``quotas`` (``flavor``, ``resources``), ``cohort``, ``namespaces`` and ``preemption``.
        local_queues: with ``name``, ``namespace`` and ``cluster_queue``.

    Raises:
        AnsibleFilterError: a queue draws on something that is not there, or counts what cannot be counted; all of it in one message.
    """
    problems = [*_wrong_quotas(flavors, cluster_queues), *_wrong_queues(cluster_queues, local_queues)]
    if problems:
        look = "Look at kueue_flavors, kueue_cluster_queues and kueue_local_queues; nothing was changed."
        raise AnsibleFilterError(f"{'; '.join(problems)}. {look}")
    return [*map(_flavor, flavors), *map(_cluster_queue, cluster_queues), *map(_local_queue, local_queues)]


def _flavor(flavor: Mapping[str, JSON]) -> JSON:
    fields = {"nodeLabels": "node_labels", "nodeTaints": "node_taints", "tolerations": "tolerations"}
    spec = {field: flavor[name] for field, name in fields.items() if flavor.get(name)}
    return {"apiVersion": _API, "kind": "ResourceFlavor", "metadata": {"name": flavor["name"]}, "spec": spec}


def _cluster_queue(queue: Mapping[str, JSON]) -> JSON:
    covered = list(queue["quotas"][0]["resources"])
    # The order of a flavor's resources must be that of coveredResources.
    counted = [
        {"name": quota["flavor"], "resources": [{"name": name, "nominalQuota": quota["resources"][name]} for name in covered]}
        for quota in queue["quotas"]
    ]
    spec = {
        "namespaceSelector": queue.get("namespaces") or {},
        "queueingStrategy": "BestEffortFIFO",
        "resourceGroups": [{"coveredResources": covered, "flavors": counted}],
        **{name: queue[name] for name in ("cohort", "preemption") if queue.get(name)},
    }
    return {"apiVersion": _API, "kind": "ClusterQueue", "metadata": {"name": queue["name"]}, "spec": spec}


def _local_queue(queue: Mapping[str, JSON]) -> JSON:
    metadata = {"name": queue["name"], "namespace": queue["namespace"]}
    return {"apiVersion": _API, "kind": "LocalQueue", "metadata": metadata, "spec": {"clusterQueue": queue["cluster_queue"]}}


def _wrong_quotas(flavors: Sequence[JSON], queues: Sequence[JSON]) -> Iterator[str]:
    known = [flavor["name"] for flavor in flavors]
    for queue in queues:
        for quota in queue["quotas"]:
            where = f"ClusterQueue {queue['name']}, flavor {quota['flavor']}"
            covered, found = set(queue["quotas"][0]["resources"]), set(quota["resources"])
            if quota["flavor"] not in known:
                yield f"{where}: found no such flavor, expected one of {', '.join(known) or '(none)'}"
            if found != covered or not found:
                yield f"{where}: found quotas for {_names(found)}, expected {_names(covered)} as of the first flavor, and one at least"
            for name, quantity in quota["resources"].items():
                if str(quantity).strip() in {"", "0"} or str(quantity).startswith("-"):
                    yield f"{where}: found a quota of {quantity} for {name}, expected more than nothing, or no job would ever start"


def _wrong_queues(cluster_queues: Sequence[JSON], local_queues: Sequence[JSON]) -> Iterator[str]:
    known = [queue["name"] for queue in cluster_queues]
    for queue in local_queues:
        if queue["cluster_queue"] not in known:
            where = f"LocalQueue {queue['namespace']}/{queue['name']}"
            yield f"{where}: found no ClusterQueue {queue['cluster_queue']}, expected one of {', '.join(known) or '(none)'}"


def _names(resources: set[str]) -> str:
    return ", ".join(sorted(resources)) or "nothing"


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, Callable[..., JSON]]:
        """By name."""
        return {"kueue_objects": kueue_objects}
