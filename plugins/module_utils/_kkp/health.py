# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The health of a control plane. Source: KKP API v2, /clusters/{c}/health; ready as KKP's AllHealthy defines it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_UP = "HealthStatusUp"
_COUNTED = (
    "etcd",
    "controller",
    "apiserver",
    "scheduler",
    "cloudProviderInfrastructure",
    "userClusterControllerManager",
)
_COUNTED_WHERE_PRESENT = ("machineController",)

COMPONENTS = (
    *_COUNTED,
    *_COUNTED_WHERE_PRESENT,
    "applicationController",
    "alertmanagerConfig",
    "gatekeeperAudit",
    "gatekeeperController",
    "kubelb",
    "kubernetesDashboard",
    "kyverno",
    "logging",
    "mlaGateway",
    "monitoring",
    "operatingSystemManager",
)
"""All components that KKP knows."""


class Health:
    """The health answer of one moment.

    Args:
        states: component to ``HealthStatusUp``, ``HealthStatusDown`` or ``HealthStatusProvisioning``.
    """

    def __init__(self, states: Mapping[str, str]) -> None:
        self.states = dict(states)

    def lacking(self, components: Sequence[str] = ()) -> list[str]:
        """Phrases for what is not up: of what KKP counts (edge clusters have no machine controller), and of these components."""
        counted = [*_COUNTED, *(name for name in _COUNTED_WHERE_PRESENT if self.states.get(name))]
        wanted = list(dict.fromkeys([*counted, *components]))
        return [f"{name} {self._state(name)}" for name in wanted if self.states.get(name) != _UP]

    @property
    def ready(self) -> bool:
        """Whether machine deployments can be made."""
        return not self.lacking()

    def _state(self, name: str) -> str:
        return str(self.states.get(name) or "not reported").removeprefix("HealthStatus").lower()
