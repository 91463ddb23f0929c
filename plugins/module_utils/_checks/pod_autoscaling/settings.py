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
    "queue_metric": {"type": "str", "default": "vllm_num_requests_waiting"},
    "server_image": {"type": "str", "default": ""},
    "server_command": {"type": "list", "elements": "str", "default": []},
    "server_port": {"type": "int", "default": 8000},
    "server_path": {"type": "str", "default": "/metrics"},
    "server_model": {"type": "str", "default": ""},
    "server_accelerators": {"type": "int", "default": 0},
}
"""The options as Ansible's argument specs have them. Must be kept in sync with plugins/modules/verify_pod_autoscaling.py."""

AT_ONCE = "{at_once}"
"""What stands in a server's command for how many requests it is to serve at a time."""

_METRIC = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class HpaSettings:
    """Options of the requirement.

    Attributes:
        pod_metric: name of the gauge that the pods expose, and by which the metrics API serves it.
        metric_seconds: by when a value that a pod exposes, or its loss, has come to the autoscaler.
        scale_seconds: by when the replicas that are wanted are ready, or gone.
        hold_seconds: for how long something that must not happen is watched.
        queue_metric: name by which the metrics API serves how many requests wait in an inference server.
        server_image: image of an inference server that speaks OpenAI's protocol; empty for none.
        server_command: its command; ``{at_once}`` stands for how many requests it is to serve at a time.
        server_port: where it serves.
        server_path: path of its metrics.
        server_model: the model that it serves.
        server_accelerators: how many each of its pods asks for.
    """

    pod_metric: str
    metric_seconds: float
    scale_seconds: float
    hold_seconds: float
    queue_metric: str
    server_image: str
    server_command: tuple[str, ...]
    server_port: int
    server_path: str
    server_model: str
    server_accelerators: int

    def __post_init__(self) -> None:
        """Refuses what could not be served or seen.

        Raises:
            ConformanceError: a name or a window cannot be used.
        """
        for name in ("pod_metric", "queue_metric"):
            if not _METRIC.fullmatch(getattr(self, name)):
                raise unusable(
                    name, getattr(self, name), expected="letters, digits and underscores: a colon is not possible in an API path"
                )
        for name in ("metric_seconds", "scale_seconds", "hold_seconds"):
            if not getattr(self, name) >= 1:
                raise unusable(name, getattr(self, name), expected="at least 1 second")
        if self.server_image and not any(AT_ONCE in part for part in self.server_command):
            expected = f"the server's command with {AT_ONCE} for how many requests it serves at a time"
            raise unusable("server_command", list(self.server_command), expected=expected)
        if self.server_accelerators < 0:
            raise unusable("server_accelerators", self.server_accelerators, expected="0 or more")
