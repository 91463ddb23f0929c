# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What controllers said and wanted, change by change: autoscalers of pods, sizes of node groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .scaling import saying
from .timeline import moment
from .trace import Followed

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster

JSON = Any


class Sayings(Followed):
    """Everything that a HorizontalPodAutoscaler says, in turn."""

    def __init__(self, cluster: Cluster, path: str, *, fields: str) -> None:
        super().__init__(cluster, path, fields=fields)
        self.said: list[JSON] = []

    def take(self, item: JSON, *, gone: bool) -> None:
        """Notes what is new."""
        now = saying(item, at=moment(self.cluster.clock))
        if not gone and (not self.said or {**self.said[-1], "at": ""} != {**now, "at": ""}):
            self.said.append(now)


class Sizes(Followed):
    """Every number of replicas that each node group was ever to have, while it is followed."""

    def __init__(self, cluster: Cluster, path: str) -> None:
        super().__init__(cluster, path)
        self._history: list[JSON] = []
        self._newest: dict[str, int] = {}

    def take(self, item: JSON, *, gone: bool) -> None:
        """Notes a size that is another than before."""
        name, replicas = item["metadata"]["name"], 0 if gone else int(item["spec"].get("replicas") or 0)
        if self._newest.get(name) != replicas:
            self._newest[name] = replicas
            self._history.append({"at": moment(self.cluster.clock), "group": name, "replicas": replicas})

    def as_fact(self) -> JSON:
        """Plain JSON."""
        with self.changed:
            return {"changes": list(self._history), "complete": self.listings == 1}
