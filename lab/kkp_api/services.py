# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operations work with, put together once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from lab.kkp_api.faults import Faults
from lab.kkp_api.identity import Identity
from lab.kkp_api.store import Store
from lab.kkp_api.user_cluster import UserCluster


class Platform(Protocol):
    """Makes control planes, and says how they are. Every method may be called again after a death in its middle."""

    @property
    def versions(self) -> tuple[str, ...]:
        """The Kubernetes versions that can be made, without a leading v."""

    def create(self, cluster: str, version: str) -> None:
        """Make a control plane, or mend one; its API server answers when this returns."""

    def delete(self, cluster: str) -> None:
        """Take the control plane and all nodes away."""

    def start_controllers(self, cluster: str) -> None:
        """Serve the cluster's machine objects."""

    def controllers_serve(self, cluster: str) -> bool:
        """Whether machine objects of the cluster are served."""

    def endpoint(self, cluster: str) -> str:
        """The API server's URL; empty before it is known."""

    def kubeconfig(self, cluster: str) -> str | None:
        """The administrator's kubeconfig, YAML; nothing before it is there."""

    def infrastructure_serves(self, cluster: str) -> bool:
        """Whether network, registry and the control plane's machine are up."""

    def user_cluster(self, cluster: str) -> UserCluster | None:
        """The cluster's own API; nothing before there is a kubeconfig."""


@dataclass(slots=True)
class Services:
    """One API's parts.

    Attributes:
        wake: tells the one who does what was written down that there is something new.
        settled: seconds that a new project or service account stays inactive, as KKP's controllers take their time.
    """

    store: Store
    identity: Identity
    platform: Platform
    wake: Callable[[], None] = lambda: None
    faults: Faults = field(default_factory=Faults)
    settled: float = 0.3
    seed: str = "lab"
    datacenter: str = "lab"
    notice: Mapping[str, str] = field(
        default_factory=lambda: {
            "X-Ailab-Notice": "This is the KKP-compatible API of an ailab.conformance lab. It is no Kubermatic Kubernetes Platform.",
            "Server": "ailab-kkp-api",
        }
    )
