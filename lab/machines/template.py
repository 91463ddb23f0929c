# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine template asks of a node: its labels, taints and simulated GPUs, and whether two templates are the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.errors import LabError
from lab.machines.kube import JSON
from lab.machines.names import ALLOCATIONS, GPU_COUNT, GPU_POOL, SIMULATED

_GPUS_AT_MOST = 16
_HASH_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Accelerators:
    """Simulated GPUs of a node.

    Attributes:
        allocation: who hands them out: ``dra`` or ``device-plugin``.
    """

    allocation: str
    count: int

    def labels(self) -> dict[str, str]:
        """The labels by which the simulated drivers find the node."""
        return {SIMULATED: "true", GPU_POOL: self.allocation, GPU_COUNT: str(self.count)}


def accelerators(spec: JSON) -> Accelerators | None:
    """The simulated GPUs that a machine's ``spec`` asks for at ``providerSpec.value.cloudProviderSpec.accelerators``.

    Raises:
        LabError: they are asked for in other words.
    """
    value = (spec.get("providerSpec") or {}).get("value") or {}
    asked = (value.get("cloudProviderSpec") or {}).get("accelerators")
    if not asked:
        return None
    allocation = asked.get("allocation") if isinstance(asked, dict) else None
    count = asked.get("count") if isinstance(asked, dict) else None
    if allocation not in ALLOCATIONS or not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= _GPUS_AT_MOST:
        raise LabError(
            "a machine's providerSpec.value.cloudProviderSpec.accelerators",
            found=json.dumps(asked),
            expected=f"allocation {' or '.join(ALLOCATIONS)}, and count, 1 to {_GPUS_AT_MOST}",
            see='For example {"allocation": "dra", "count": 2}.',
        )
    return Accelerators(allocation=str(allocation), count=count)


def node_labels(spec: JSON) -> dict[str, str]:
    """All labels that a machine's node is to have."""
    simulated = accelerators(spec)
    return {**((spec.get("metadata") or {}).get("labels") or {}), **(simulated.labels() if simulated else {})}


def kubelet_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Those that a kubelet may register with: none in Kubernetes' own name space (KEP-279); the others are set through the API."""
    return {key: value for key, value in labels.items() if not _reserved(key)}


def node_taints(spec: JSON) -> tuple[str, ...]:
    """The taints that a machine's node registers with, as in ``key=value:Effect``."""
    return tuple(f"{taint['key']}={taint.get('value') or ''}:{taint['effect']}" for taint in spec.get("taints") or ())


def template_hash(template: JSON) -> str:
    """A short name of a template's content: equal where two templates ask for the same.

    Empty values are left out, since an API server and its clients differ in whether they write them.
    """
    text = json.dumps(_stripped(template), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def _stripped(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: part for key, part in ((key, _stripped(part)) for key, part in value.items()) if part not in (None, {}, [], "")}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_stripped(part) for part in value]
    return value


def _reserved(key: str) -> bool:
    prefix, slash, _ = key.rpartition("/")
    return bool(slash) and any(prefix == name or prefix.endswith(f".{name}") for name in ("kubernetes.io", "k8s.io"))
