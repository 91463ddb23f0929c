# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the verification of cluster_autoscaling can be told. Durations are in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import unusable

JSON = Any

OPTIONS: Mapping[str, Mapping[str, JSON]] = {
    "autoscaler_namespace": {"type": "str", "default": "kube-system"},
    "machines_namespace": {"type": "str", "default": "kube-system"},
    "alive_seconds": {"type": "float", "default": 60.0},
    "grow_seconds": {"type": "float", "default": 1200.0},
    "shrink_seconds": {"type": "float", "default": 1800.0},
    "hold_seconds": {"type": "float", "default": 60.0},
}
"""The options as Ansible's argument specs have them. Must be kept in sync with plugins/modules/verify_cluster_autoscaling.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingSettings:
    """Options of the requirement.

    Attributes:
        autoscaler_namespace: where the autoscaler keeps its status.
        machines_namespace: where the MachineDeployments are.
        alive_seconds: by when a working autoscaler has written its status anew, or said of a pod that no group can help it.
        grow_seconds: by when a node has come and the pod that asked for it runs on it.
        shrink_seconds: by when a node that nobody needs is gone.
        hold_seconds: for how long something that must not happen is watched.
    """

    autoscaler_namespace: str
    machines_namespace: str
    alive_seconds: float
    grow_seconds: float
    shrink_seconds: float
    hold_seconds: float

    def __post_init__(self) -> None:
        """Refuses windows in which nothing could be seen.

        Raises:
            ConformanceError: one is too short.
        """
        for name in ("alive_seconds", "grow_seconds", "shrink_seconds", "hold_seconds"):
            if not getattr(self, name) >= 1:
                raise unusable(name, getattr(self, name), expected="at least 1 second")
