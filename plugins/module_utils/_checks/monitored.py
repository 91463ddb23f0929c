# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The monitoring system, for requirements that ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform.monitoring import Store

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitored:
    """Options that say where the monitoring system answers.

    Attributes:
        monitoring_namespace: of its Service.
        monitoring_service: its name.
        monitoring_port: number or name of its port.
        monitoring_path: what stands before ``/api/v1``.
        monitoring_scheme: ``https`` where the Service wants it.
    """

    monitoring_namespace: str
    monitoring_service: str
    monitoring_port: str
    monitoring_path: str
    monitoring_scheme: str

    @property
    def store(self) -> Store:
        """The monitoring system."""
        return Store(
            namespace=self.monitoring_namespace,
            service=self.monitoring_service,
            port=self.monitoring_port,
            path=self.monitoring_path.rstrip("/"),
            scheme="" if self.monitoring_scheme == "http" else self.monitoring_scheme,
        )


MONITORING_OPTIONS: Mapping[str, Mapping[str, JSON]] = {
    "monitoring_namespace": {"type": "str", "default": "monitoring"},
    "monitoring_service": {"type": "str", "default": "prometheus"},
    "monitoring_port": {"type": "str", "default": "9090"},
    "monitoring_path": {"type": "str", "default": ""},
    "monitoring_scheme": {"type": "str", "choices": ["http", "https"], "default": "http"},
}
