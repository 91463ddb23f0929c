# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the annotations of a node group say of a node that it does not have yet. Pure.

Source: cluster-autoscaler, provider clusterapi (README, "Scale from zero support"): without them a group that has no node is never grown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .quantity import parse

JSON = Any

CAPACITY = "capacity.cluster-autoscaler.kubernetes.io/"
"""Beginning of the annotations' names."""

_NEEDED = ("cpu", "memory")
"""Without these the autoscaler takes no notice of the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The annotations of a group.

    Attributes:
        said: the last part of each name → its value.
    """

    said: Mapping[str, str]

    @classmethod
    def of(cls, deployment: JSON) -> Promise:
        """Those of a MachineDeployment."""
        annotations = deployment["metadata"].get("annotations") or {}
        return cls(said={key.removeprefix(CAPACITY): str(value) for key, value in annotations.items() if key.startswith(CAPACITY)})

    def units(self, resource: str) -> int:
        """How many of an accelerator's resource a node will have."""
        return int(parse(self.said.get("gpu-count")) or 0) if self.said.get("gpu-type") == resource else 0

    @property
    def labels(self) -> dict[str, str]:
        """The labels that a node will have."""
        pairs = (pair.partition("=") for pair in self.said.get("labels", "").split(","))
        return {key: value for key, equals, value in pairs if equals}

    def lacks(self, resource: str, *, nodes: Iterable[JSON]) -> str:
        """What must be said besides, so that a pod can ask for the accelerators of this group and of no other; empty for nothing.

        Args:
            resource: of the accelerators.
            nodes: all nodes that there are.
        """
        missing = [f"{CAPACITY}{name}" for name in _NEEDED if not parse(self.said.get(name))]
        if self.units(resource) < 1:
            missing.append(f"{CAPACITY}gpu-type {resource} with a gpu-count")
        if not self.labels or any(self.labels.items() <= (node["metadata"].get("labels") or {}).items() for node in nodes):
            missing.append(f"{CAPACITY}labels that no other node has")
        return ", ".join(missing)
