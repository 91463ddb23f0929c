# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machine deployments of a user cluster, and their nodes. Source: KKP API v2, /clusters/{c}/machinedeployments (NodeDeployment, Node)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .client import Api, segment
from .errors import NotReadyInTimeError
from .projects import by_id_or_name
from .wait import Look, until

JSON = Any

_SHOWN_EVENTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineDeployment:
    """A machine deployment.

    Attributes:
        id: the same as its name.
        name: unique in its cluster.
        replicas: wanted number of machines.
        minimum: lower bound for the autoscaler; None where it may not touch the deployment.
        maximum: upper bound; None with the same meaning.
        deleting: whether it is on its way out.
        body: as KKP returned it. A status leaves zeros out.
    """

    id: str
    name: str
    replicas: int
    minimum: int | None
    maximum: int | None
    deleting: bool
    body: Mapping[str, JSON]

    @classmethod
    def of(cls, body: JSON) -> MachineDeployment:
        """The machine deployment of an answer."""
        spec = body.get("spec") or {}
        name = str(body.get("name") or body.get("id"))
        return cls(
            id=str(body.get("id") or name),
            name=name,
            replicas=int(spec.get("replicas") or 0),
            minimum=spec.get("minReplicas"),
            maximum=spec.get("maxReplicas"),
            deleting=bool(body.get("deletionTimestamp")),
            body=body,
        )

    @property
    def template(self) -> Mapping[str, JSON]:
        """What its nodes are made of."""
        return (self.body.get("spec") or {}).get("template") or {}

    @property
    def kubelet(self) -> str:
        """The kubelet version of its nodes."""
        return str((self.template.get("versions") or {}).get("kubelet") or "").removeprefix("v")

    @property
    def observed(self) -> int:
        """The generation that the status speaks of; 0 for none."""
        return self._count("observedGeneration")

    def lacking(self) -> str:
        """What is missing until every wanted machine, and no other, is an up-to-date ready node; empty for nothing."""
        counts = {name: self._count(f"{name}Replicas") for name in ("updated", "ready")}
        exist = self._count("replicas")
        late = [f"{count} of {self.replicas} {name}" for name, count in counts.items() if count != self.replicas]
        return ", ".join([*late, *([f"{exist} machines exist"] if exist > self.replicas else [])])

    def as_result(self) -> dict[str, JSON]:
        """What a task returns."""
        return {
            "name": self.name,
            "replicas": self.replicas,
            "min_replicas": self.minimum,
            "max_replicas": self.maximum,
            "ready_replicas": self._count("readyReplicas"),
            "kubelet_version": self.kubelet,
            "labels": self.template.get("labels") or {},
            "taints": self.template.get("taints") or [],
            "annotations": self.body.get("annotations") or {},
            "deleting": self.deleting,
            "spec": self.body.get("spec") or {},
        }

    def _count(self, key: str) -> int:
        return int((self.body.get("status") or {}).get(key) or 0)


class MachineDeployments:
    """The machine deployments of a cluster.

    Args:
        api: KKP.
        cluster_path: of the cluster.
        cluster: its name, for errors.
    """

    def __init__(self, api: Api, *, cluster_path: str, cluster: str) -> None:
        self._api = api
        self._path = f"{cluster_path}/machinedeployments"
        self._cluster = cluster

    def all(self) -> list[MachineDeployment]:
        """Every machine deployment."""
        return [MachineDeployment.of(body) for body in self._api.get(self._path) or []]

    def find(self, name: str) -> MachineDeployment | None:
        """The machine deployment of this name; None where there is none."""
        return by_id_or_name(self.all(), name, what="machine deployment")

    def create(self, body: Mapping[str, JSON]) -> MachineDeployment:
        """Makes a machine deployment. KKP answers 503 until the control plane is up, and 500 where the name is taken."""
        return self._api.create(self._path, body, look=lambda: self.find(body["name"]), read=MachineDeployment.of)

    def patch(self, deployment: MachineDeployment, patch: Mapping[str, JSON]) -> MachineDeployment:
        """Changes a machine deployment (JSON merge patch). A change of the template replaces its nodes one after the other."""
        return MachineDeployment.of(self._api.patch(self._one(deployment), patch))

    def restart(self, deployment: MachineDeployment) -> MachineDeployment:
        """Replaces its nodes one after the other. The OpenAPI document has this route without its last part."""
        return MachineDeployment.of(self._api.post(f"{self._one(deployment)}/restart", None))

    def delete(self, deployment: MachineDeployment) -> None:
        """Asks for its deletion, with its nodes."""
        self._api.delete(self._one(deployment))

    def nodes(self, deployment: MachineDeployment) -> list[dict[str, JSON]]:
        """Its machines, each with the node that it became (Node)."""
        return list(self._api.get(f"{self._one(deployment)}/nodes") or [])

    def wait_ready(self, deployment: MachineDeployment, *, after: int, seconds: float) -> MachineDeployment:
        """Waits until every wanted machine is a ready node and every other one is gone.

        Args:
            deployment: the machine deployment.
            after: the generation that the status must be past, because a status that speaks of what was before says nothing; -1 for any.
            seconds: until when.

        Raises:
            NotReadyInTimeError: it is being deleted, a machine cannot be made, or time is up.
        """

        def look() -> Look[MachineDeployment]:
            now = MachineDeployment.of(self._api.get(self._one(deployment)))
            if now.deleting:
                raise NotReadyInTimeError(what=self._name(now), found="it is being deleted", expected="ready nodes", look="who deletes it")
            lacks = now.lacking() or ("the change is not taken up yet" if now.observed <= after else "")
            if lacks:
                self._refuse_broken(now)
            return Look(value=now, lacks=lacks or self._leaving(now))

        return until(
            look,
            what=self._name(deployment),
            expected="as many ready, up-to-date nodes as replicas",
            hint=lambda: self._warnings(deployment),
            clock=self._api.clock,
            seconds=seconds,
        )

    def wait_gone(self, deployment: MachineDeployment, *, seconds: float) -> None:
        """Waits until the machine deployment and its nodes are gone.

        Raises:
            NotReadyInTimeError: time is up.
        """

        def look() -> Look[None]:
            left = self._api.find(self._one(deployment))
            return Look(value=None, lacks="it still exists" if left is not None else "")

        until(
            look,
            what=f"deletion of {self._name(deployment)}",
            expected="it is gone with its nodes",
            hint=lambda: "pods that cannot be evicted from its nodes (disruption budgets), and the machine controller's log",
            clock=self._api.clock,
            seconds=seconds,
        )

    def _leaving(self, deployment: MachineDeployment) -> str:
        """Which of its machines are still on their way out: a status counts only those that stay."""
        names = [str(node.get("id")) for node in self.nodes(deployment) if node.get("deletionTimestamp")]
        return f"{', '.join(names)} not gone yet" if names else ""

    def _refuse_broken(self, deployment: MachineDeployment) -> None:
        """Ends the wait where the machine controller has given up: it does not try a machine with an errorReason again."""
        for node in self.nodes(deployment):
            status = node.get("status") or {}
            if status.get("errorReason"):
                raise NotReadyInTimeError(
                    what=f"machine {status.get('machineName') or node.get('id')} of {self._name(deployment)}",
                    found=f"{status['errorReason']}: {self._api.redactor.text(str(status.get('errorMessage') or ''))}",
                    expected="a node",
                    look="flavor, image and network of the machine deployment, and the quota of the cloud project",
                )

    def _warnings(self, deployment: MachineDeployment) -> str:
        events = self._api.get(f"{self._one(deployment)}/nodes/events", query=[("type", "warning")]) or []
        said = [self._api.redactor.text(str(event.get("message"))) for event in events[-_SHOWN_EVENTS:]]
        return f"the last warnings of its machines: {' | '.join(said)}" if said else "its machines, which have no warning events"

    def _one(self, deployment: MachineDeployment) -> str:
        return f"{self._path}/{segment(deployment.id)}"

    def _name(self, deployment: MachineDeployment) -> str:
        return f"machine deployment {deployment.name} of cluster {self._cluster}"
