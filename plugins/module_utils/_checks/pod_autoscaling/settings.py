# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the verification of pod_autoscaling can be told. Durations are in seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import unusable

JSON = Any

OPTIONS: Mapping[str, Mapping[str, JSON]] = {
    "pod_metric": {"type": "str", "default": "ai_conformance_demand"},
    "metric_seconds": {"type": "float", "default": 300.0},
    "scale_seconds": {"type": "float", "default": 300.0},
    "hold_seconds": {"type": "float", "default": 60.0},
}
"""The options as Ansible's argument specs have them. Must be kept in sync with plugins/modules/verify_pod_autoscaling.py."""

_METRIC = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class HpaSettings:
    """Options of the requirement.

    Attributes:
        pod_metric: name of the gauge that the pods expose, and by which the metrics API serves it.
        metric_seconds: by when a value that a pod exposes, or its loss, has come to the autoscaler.
        scale_seconds: by when the replicas that are wanted are ready, or gone.
        hold_seconds: for how long something that must not happen is watched.
    """

    pod_metric: str
    metric_seconds: float
    scale_seconds: float
    hold_seconds: float

    def __post_init__(self) -> None:
        """Refuses what could not be served or seen.

        Raises:
            ConformanceError: a name or a window cannot be used.
        """
        if not _METRIC.fullmatch(self.pod_metric):
            raise unusable(
                "pod_metric", self.pod_metric, expected="letters, digits and underscores: a colon is not possible in an API path"
            )
        for name in ("metric_seconds", "scale_seconds", "hold_seconds"):
            if not getattr(self, name) >= 1:
                raise unusable(name, getattr(self, name), expected="at least 1 second")
