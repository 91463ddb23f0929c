# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only the checks of ai_service_metrics can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.monitored import MONITORING_OPTIONS, Monitored
from ansible_collections.ailab.conformance.plugins.module_utils._platform.monitoring import Store
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import unusable

JSON = Any

ANNOTATIONS, POD_MONITOR = "annotations", "pod_monitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMetricsSettings(Monitored):
    """Options of verify_ai_service_metrics alone.

    Attributes:
        discovery: how a workload asks to be scraped, ``annotations`` of its pod or a ``pod_monitor``.
        discovery_labels: labels that a PodMonitor must carry to be seen.
        requests: how many requests the workload serves.
        collect_seconds: by when something new must be stored.
        quiet_seconds: for how long something must not be stored to count as left alone.
        stale_seconds: by when the series of a deleted workload must have ended.
        server_image: image of an AI inference server that speaks OpenAI's protocol; empty for none.
        server_command: its command; the image's own when empty.
        server_port: where it serves.
        server_path: path of its metrics.
        server_model: the model that it serves.
        server_metrics: counters, histograms' counts or gauges that traffic must be seen in; the first one counts requests.
        other_monitoring_namespace: of a monitoring system's Service that belongs to another tenant.
        other_monitoring_service: its name; empty for none.
        other_monitoring_port: its port.
        other_monitoring_path: what stands before ``/api/v1`` there.
    """

    discovery: str
    discovery_labels: Mapping[str, str]
    requests: int
    collect_seconds: float
    quiet_seconds: float
    stale_seconds: float
    server_image: str
    server_command: tuple[str, ...]
    server_port: int
    server_path: str
    server_model: str
    server_metrics: tuple[str, ...]
    other_monitoring_namespace: str
    other_monitoring_service: str
    other_monitoring_port: str
    other_monitoring_path: str

    def __post_init__(self) -> None:
        if not 1 <= self.requests <= 1000:
            raise unusable("requests", self.requests, expected="from 1 to 1000")
        for name in ("collect_seconds", "quiet_seconds", "stale_seconds"):
            if not getattr(self, name) >= 1:
                raise unusable(name, getattr(self, name), expected="at least 1 second")
        if self.server_image and not self.server_metrics:
            raise unusable("server_metrics", [], expected="at least the metric that counts the server's requests")

    @property
    def other_store(self) -> Store:
        """The monitoring system of another tenant."""
        return Store(
            namespace=self.other_monitoring_namespace,
            service=self.other_monitoring_service,
            port=self.other_monitoring_port,
            path=self.other_monitoring_path.rstrip("/"),
        )


OPTIONS: Mapping[str, Mapping[str, JSON]] = {
    **MONITORING_OPTIONS,
    "discovery": {"type": "str", "choices": [ANNOTATIONS, POD_MONITOR], "default": ANNOTATIONS},
    "discovery_labels": {"type": "dict", "default": {}},
    "requests": {"type": "int", "default": 10},
    "collect_seconds": {"type": "float", "default": 120.0},
    "quiet_seconds": {"type": "float", "default": 60.0},
    "stale_seconds": {"type": "float", "default": 300.0},
    "server_image": {"type": "str", "default": ""},
    "server_command": {"type": "list", "elements": "str", "default": []},
    "server_port": {"type": "int", "default": 8000},
    "server_path": {"type": "str", "default": "/metrics"},
    "server_model": {"type": "str", "default": ""},
    "server_metrics": {
        "type": "list",
        "elements": "str",
        "default": ["vllm:request_success_total", "vllm:e2e_request_latency_seconds_count", "vllm:num_requests_waiting"],
    },
    "other_monitoring_namespace": {"type": "str", "default": ""},
    "other_monitoring_service": {"type": "str", "default": ""},
    "other_monitoring_port": {"type": "str", "default": "9090"},
    "other_monitoring_path": {"type": "str", "default": ""},
}
