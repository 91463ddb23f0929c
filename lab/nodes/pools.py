# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pools of workers as users ask for them, and the nodes that they ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.errors import LabError
from lab.nodes.state import ClusterRecord, NodeRecord

SIMULATED = "ailab.conformance/simulated"
GPU_POOL = "ailab.conformance/gpu-pool"
GPU_COUNT = "ailab.conformance/simulated-gpus"
GPU_TAINT = "nvidia.com/gpu=present:NoSchedule"
ALLOCATIONS = ("dra", "device-plugin")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
_TAINT = re.compile(r"[^=:\s]+(=[^=:\s]*)?:(NoSchedule|PreferNoSchedule|NoExecute)")


@dataclass(frozen=True, slots=True)
class Pool:
    """Workers that are alike.

    Attributes:
        gpus: simulated GPUs of each node.
        allocation: who hands them out, ``dra`` or ``device-plugin``: never both over one device.
    """

    name: str
    replicas: int
    labels: dict[str, str] = field(default_factory=dict)
    taints: tuple[str, ...] = ()
    allocation: str | None = None
    gpus: int = 0

    def node_labels(self) -> dict[str, str]:
        """The labels that its nodes register with."""
        marks = {SIMULATED: "true", GPU_POOL: self.allocation, GPU_COUNT: str(self.gpus)} if self.allocation else {}
        return {**self.labels, **marks}

    def node_taints(self) -> tuple[str, ...]:
        """The taints that its nodes register with."""
        return (*self.taints, GPU_TAINT) if self.allocation else self.taints


def parse(text: str) -> list[Pool]:
    """Read pools from JSON, a list of objects.

    Raises:
        LabError: the text is no such list; the message names the pool and the key.
    """
    try:
        entries = json.loads(text)
    except ValueError as exc:
        raise _refused("the pools", found=f"no JSON ({exc})", expected="a list of pools") from exc
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _refused("the pools", found=type(entries).__name__, expected="a list of objects with name and replicas")
    pools = [_pool(entry) for entry in entries]
    names = [pool.name for pool in pools]
    if len(set(names)) != len(names):
        raise _refused("the pools' names", found=", ".join(names), expected="each name once")
    return pools


def desired_nodes(cluster: str, pools: Sequence[Pool]) -> dict[str, NodeRecord]:
    """The workers that the pools ask for, by name; their index is not decided yet."""
    nodes: dict[str, NodeRecord] = {}
    for pool in pools:
        for number in range(pool.replicas):
            name = f"{cluster}-{pool.name}-{number}"
            nodes[name] = NodeRecord(name=name, index=-1, pool=pool.name, labels=pool.node_labels(), taints=pool.node_taints())
    return nodes


def same(one: NodeRecord, other: NodeRecord) -> bool:
    """Whether a node is what is asked for, its number and phase aside."""
    return (one.name, one.pool, one.labels, one.taints) == (other.name, other.pool, other.labels, other.taints)


def workers(record: ClusterRecord) -> dict[str, NodeRecord]:
    """The workers of a cluster that came from pools, by name; nodes that somebody added by hand are not among them."""
    return {node.name: node for node in record.nodes if node.index > 0 and node.pool}


def _pool(entry: dict[str, Any]) -> Pool:
    name = entry.get("name")
    what = f"pool {name}"
    known = {"name", "replicas", "labels", "taints", "accelerators"}
    if unknown := set(entry) - known:
        raise _refused(what, found=f"the key {', '.join(sorted(unknown))}", expected=", ".join(sorted(known)))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _refused("a pool's name", found=repr(name), expected="up to 32 lower-case letters, digits and dashes (RFC 1123)")
    replicas, labels, taints = entry.get("replicas", 1), entry.get("labels", {}), entry.get("taints", [])
    if not isinstance(replicas, int) or isinstance(replicas, bool) or replicas < 0:
        raise _refused(f"{what}, replicas", found=repr(replicas), expected="a whole number, 0 or more")
    if not isinstance(labels, dict) or not all(isinstance(part, str) for pair in labels.items() for part in pair):
        raise _refused(f"{what}, labels", found=repr(labels), expected="an object of texts")
    if not isinstance(taints, list) or not all(isinstance(taint, str) and _TAINT.fullmatch(taint) for taint in taints):
        raise _refused(f"{what}, taints", found=repr(taints), expected="a list of key=value:Effect")
    allocation, gpus = _accelerators(what, entry.get("accelerators"))
    return Pool(name=name, replicas=replicas, labels=labels, taints=tuple(taints), allocation=allocation, gpus=gpus)


def _accelerators(what: str, value: object) -> tuple[str | None, int]:
    if value is None:
        return None, 0
    allocation = value.get("allocation") if isinstance(value, dict) else None
    count = value.get("count") if isinstance(value, dict) else None
    if allocation not in ALLOCATIONS:
        raise _refused(f"{what}, accelerators.allocation", found=repr(allocation), expected=" or ".join(ALLOCATIONS))
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= 16:
        raise _refused(f"{what}, accelerators.count", found=repr(count), expected="1 to 16")
    return str(allocation), count


def _refused(what: str, *, found: str, expected: str) -> LabError:
    return LabError(what, found=found, expected=expected, see="`python -m lab up --help` shows the form of a pool.")
