# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""User clusters. Source: KKP API v2, /projects/{p}/clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .client import Api, segment
from .errors import NotReadyInTimeError, PartialListError
from .health import Health
from .projects import by_id_or_name
from .wait import Look, until

JSON = Any

_SHOWN_EVENTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A user cluster.

    Attributes:
        id: ten letters and digits, the name of KKP's Cluster object.
        name: as people know it; not unique in KKP's eyes beyond its project.
        version: Kubernetes version that is wished for.
        running: Kubernetes version of the control plane; empty while there is none.
        deleting: whether it is on its way out.
        body: as KKP returned it. The part spec.cloud holds public fields only.
    """

    id: str
    name: str
    version: str
    running: str
    deleting: bool
    body: Mapping[str, JSON]

    @classmethod
    def of(cls, body: JSON) -> Cluster:
        """The cluster of an answer."""
        return cls(
            id=body["id"],
            name=body["name"],
            version=str((body.get("spec") or {}).get("version") or "").removeprefix("v"),
            running=str((body.get("status") or {}).get("version") or "").removeprefix("v"),
            deleting=bool(body.get("deletionTimestamp")),
            body=body,
        )

    @property
    def spec(self) -> Mapping[str, JSON]:
        """Its specification."""
        return self.body.get("spec") or {}

    def as_result(self) -> dict[str, JSON]:
        """What a task returns."""
        cloud = self.spec.get("cloud") or {}
        return {
            "id": self.id,
            "name": self.name,
            "version": self.version,
            "running_version": self.running,
            "url": str((self.body.get("status") or {}).get("url") or ""),
            "datacenter": str(cloud.get("dc") or ""),
            "labels": self.body.get("labels") or {},
            "deleting": self.deleting,
            "spec": self.spec,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterListing:
    """The clusters of a project.

    Attributes:
        clusters: those that KKP could list.
        error: why the list may lack some, a broken seed; empty when it is complete.
    """

    clusters: list[Cluster]
    error: str


class Clusters:
    """The clusters of a project.

    Args:
        api: KKP.
        project_id: the project's id.
    """

    def __init__(self, api: Api, *, project_id: str) -> None:
        self._api = api
        self._path = f"/api/v2/projects/{segment(project_id)}/clusters"

    def path(self, cluster_id: str) -> str:
        """The path of one cluster."""
        return f"{self._path}/{segment(cluster_id)}"

    def all(self) -> ClusterListing:
        """Every cluster, and whether the list is complete."""
        body = self._api.get(self._path) or {}
        return ClusterListing(clusters=[Cluster.of(item) for item in body.get("clusters") or []], error=str(body.get("errorMessage") or ""))

    def find(self, wanted: str) -> Cluster | None:
        """The cluster with this id or name; None where there is none for sure.

        Raises:
            AmbiguousNameError: several have the name.
            PartialListError: it is not in the list, and the list may lack some.
        """
        listing = self.all()
        found = by_id_or_name(listing.clusters, wanted, what="cluster")
        if found is None and listing.error:
            raise PartialListError(
                what=f"cluster {wanted}",
                found=f"a list without it that KKP calls incomplete: {listing.error}",
                expected="the list of all seeds",
                look="the seed that the message names; until it answers, nothing is created or called absent",
            )
        return found

    def get(self, cluster: Cluster) -> Cluster:
        """The cluster as it is now."""
        return Cluster.of(self._api.get(self.path(cluster.id)))

    def create(self, body: Mapping[str, JSON]) -> Cluster:
        """Makes a cluster (CreateClusterSpec). KKP answers before any of it runs."""
        name = body["cluster"]["name"]
        return self._api.create(self._path, body, look=lambda: self.find(name), read=Cluster.of)

    def patch(self, cluster: Cluster, patch: Mapping[str, JSON]) -> Cluster:
        """Changes a cluster (JSON merge patch)."""
        return Cluster.of(self._api.patch(self.path(cluster.id), patch))

    def delete(self, cluster: Cluster, *, volumes: bool, load_balancers: bool) -> None:
        """Asks for the deletion of a cluster.

        Args:
            cluster: the cluster.
            volumes: whether the volumes of its claims go with it.
            load_balancers: whether its cloud load balancers go with it.
        """
        headers = {name: "true" for name, wanted in (("DeleteVolumes", volumes), ("DeleteLoadBalancers", load_balancers)) if wanted}
        self._api.delete(self.path(cluster.id), headers=headers)

    def health(self, cluster: Cluster) -> Health:
        """The health of the control plane's components."""
        return Health(self._api.get(f"{self.path(cluster.id)}/health") or {})

    def upgrades(self, cluster: Cluster) -> list[dict[str, JSON]]:
        """Versions that the cluster can be upgraded to: version, and whether old kubelets stand in the way."""
        return list(self._api.get(f"{self.path(cluster.id)}/upgrades") or [])

    def upgrade_nodes(self, cluster: Cluster, *, version: str) -> None:
        """Sets the kubelet version of every machine deployment."""
        self._api.put(f"{self.path(cluster.id)}/nodes/upgrades", {"version": version})

    def events(self, cluster: Cluster, *, kind: str = "") -> list[dict[str, JSON]]:
        """Events of the control plane, the last one last.

        Args:
            cluster: the cluster.
            kind: ``warning`` or ``normal``; empty for both.
        """
        events = self._api.get(f"{self.path(cluster.id)}/events", query=[("type", kind)] if kind else ()) or []
        return sorted(events, key=lambda event: str(event.get("lastTimestamp") or ""))

    def wait_ready(self, cluster: Cluster, *, components: Sequence[str], version: str, seconds: float) -> Cluster:
        """Waits until the control plane is up, by KKP's own measure, and runs a version.

        Args:
            cluster: the cluster.
            components: of the health answer, beside those that KKP itself counts.
            version: that the control plane must run; empty for any.
            seconds: until when.

        Raises:
            NotReadyInTimeError: the cluster is being deleted, or time is up.
        """

        def look() -> Look[Cluster]:
            health = self.health(cluster)
            down = health.lacking(components)
            now = self.get(cluster)
            if now.deleting:
                raise NotReadyInTimeError(
                    what=f"cluster {cluster.name} ({cluster.id})",
                    found="it is being deleted",
                    expected="a healthy one",
                    look="who deletes it",
                )
            late = [f"the control plane runs {now.running or 'no version'}"] if version and now.running != version else []
            return Look(value=now, lacks="; ".join([*down, *late]))

        wanted = f"a healthy control plane{f' of version {version}' if version else ''}"
        return until(
            look,
            what=f"cluster {cluster.name} ({cluster.id})",
            expected=wanted,
            hint=lambda: self._warnings(cluster),
            clock=self._api.clock,
            seconds=seconds,
        )

    def wait_gone(self, cluster: Cluster, *, seconds: float) -> None:
        """Waits until the cluster is gone, with its nodes and what else hangs on its finalizers.

        Raises:
            NotReadyInTimeError: time is up.
        """

        def look() -> Look[None]:
            return Look(value=None, lacks="it still exists" if self._api.find(self.path(cluster.id)) is not None else "")

        until(
            look,
            what=f"deletion of cluster {cluster.name} ({cluster.id})",
            expected="the cluster is gone",
            hint=lambda: self._warnings(cluster),
            clock=self._api.clock,
            seconds=seconds,
        )

    def _warnings(self, cluster: Cluster) -> str:
        events = self.events(cluster, kind="warning")[-_SHOWN_EVENTS:]
        said = [self._api.redactor.text(str(event.get("message"))) for event in events]
        return f"its last warnings: {' | '.join(said)}" if said else "the cluster's namespace on its seed; it has no warning events"
