# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of one cluster as the controller sees them: what it decides by, read once from the API's JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from lab.machines.kube import JSON
from lab.machines.names import DELETE_FIRST, NODE_OWNER, TEMPLATE_HASH
from lab.machines.template import template_hash


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.

    Attributes:
        machine_uid: of the machine that it was made for; empty where somebody else made it.
        ready_since: when its Ready condition became true; None where it is not.
    """

    name: str
    uid: str
    machine_uid: str
    provider_id: str
    ready_since: datetime | None
    json: JSON

    @classmethod
    def of(cls, json: JSON) -> Node:
        """Read the API's object."""
        meta = json["metadata"]
        conditions = {entry["type"]: entry for entry in (json.get("status") or {}).get("conditions") or ()}
        ready = conditions.get("Ready") or {}
        return cls(
            name=meta["name"],
            uid=meta["uid"],
            machine_uid=(meta.get("labels") or {}).get(NODE_OWNER, ""),
            provider_id=(json.get("spec") or {}).get("providerID") or "",
            ready_since=moment(ready["lastTransitionTime"]) if ready.get("status") == "True" else None,
            json=json,
        )


@dataclass(frozen=True, slots=True)
class Machine:
    """A Machine.

    Attributes:
        set_uid: of the machine set that owns it; empty where a user made it.
        node_uid: of the node that was last seen for it.
        marked: whether it is to go first on the way down.
    """

    name: str
    uid: str
    set_uid: str
    deleting: bool
    marked: bool
    provider_id: str
    node_uid: str
    failed: bool
    created: datetime
    json: JSON

    @classmethod
    def of(cls, json: JSON) -> Machine:
        """Read the API's object."""
        meta, status = json["metadata"], json.get("status") or {}
        return cls(
            name=meta["name"],
            uid=meta["uid"],
            set_uid=_owner(json, "MachineSet"),
            deleting="deletionTimestamp" in meta,
            marked=DELETE_FIRST in (meta.get("annotations") or {}),
            provider_id=json["spec"].get("providerID") or "",
            node_uid=(status.get("nodeRef") or {}).get("uid", ""),
            failed=bool(status.get("errorReason")),
            created=moment(meta["creationTimestamp"]),
            json=json,
        )


@dataclass(frozen=True, slots=True)
class MachineSet:
    """A MachineSet; ``template`` is the hash of its template, as it was when it was made."""

    name: str
    uid: str
    deployment_uid: str
    template: str
    replicas: int
    deleting: bool
    orphaning: bool
    min_ready_seconds: int
    created: datetime
    json: JSON

    @classmethod
    def of(cls, json: JSON) -> MachineSet:
        """Read the API's object."""
        meta, spec = json["metadata"], json["spec"]
        return cls(
            name=meta["name"],
            uid=meta["uid"],
            deployment_uid=_owner(json, "MachineDeployment"),
            template=(meta.get("labels") or {}).get(TEMPLATE_HASH, ""),
            replicas=spec.get("replicas", 1),
            deleting="deletionTimestamp" in meta,
            orphaning="orphan" in meta.get("finalizers", ()),
            min_ready_seconds=spec.get("minReadySeconds", 0),
            created=moment(meta["creationTimestamp"]),
            json=json,
        )


@dataclass(frozen=True, slots=True)
class Deployment:
    """A MachineDeployment.

    Attributes:
        template: the hash of its template.
        surge: how many machines there may be above ``replicas`` during a replacement.
        unavailable: how many of ``replicas`` may be missing during a replacement.
        keep: how many empty machine sets of earlier templates stay.
    """

    name: str
    uid: str
    replicas: int
    template: str
    surge: int
    unavailable: int
    keep: int
    paused: bool
    deleting: bool
    orphaning: bool
    min_ready_seconds: int
    json: JSON

    @classmethod
    def of(cls, json: JSON) -> Deployment:
        """Read the API's object."""
        meta, spec = json["metadata"], json["spec"]
        replicas = spec.get("replicas", 1)
        surge, unavailable = _rolling(spec, replicas)
        return cls(
            name=meta["name"],
            uid=meta["uid"],
            replicas=replicas,
            template=template_hash(spec["template"]),
            surge=surge,
            unavailable=unavailable,
            keep=spec.get("revisionHistoryLimit", 1),
            paused=spec.get("paused", False),
            deleting="deletionTimestamp" in meta,
            orphaning="orphan" in meta.get("finalizers", ()),
            min_ready_seconds=spec.get("minReadySeconds", 0),
            json=json,
        )


@dataclass(frozen=True, slots=True)
class World:
    """One cluster at one time.

    Dependents are read before their owners: so an owner that is missing here was deleted, not merely read too early.
    """

    nodes: dict[str, Node]
    machines: tuple[Machine, ...]
    sets: tuple[MachineSet, ...]
    deployments: tuple[Deployment, ...]
    now: datetime

    def node_of(self, machine: Machine) -> Node | None:
        """The node of a machine: its namesake, unless that one was made for another machine."""
        node = self.nodes.get(machine.name)
        return node if node and node.machine_uid in ("", machine.uid) else None

    def members(self, owner: MachineSet) -> tuple[Machine, ...]:
        """The machines of a set that are to stay."""
        return tuple(machine for machine in self.machines if machine.set_uid == owner.uid and not machine.deleting)

    def ready(self, machine: Machine) -> bool:
        """Whether a machine's node says that it is ready."""
        node = self.node_of(machine)
        return bool(node and node.ready_since and machine.provider_id)

    def available(self, machine: Machine, *, min_ready_seconds: int) -> bool:
        """Whether a machine's node has been ready for some seconds."""
        node = self.node_of(machine)
        since = node.ready_since if node and self.ready(machine) else None
        return since is not None and (self.now - since).total_seconds() >= min_ready_seconds


def moment(text: str) -> datetime:
    """A time as the API writes it (RFC 3339)."""
    return datetime.fromisoformat(text).astimezone(UTC)


def written(at: datetime) -> str:
    """A time as the API reads it, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _owner(json: JSON, kind: str) -> str:
    owners = json["metadata"].get("ownerReferences", ())
    return next((owner["uid"] for owner in owners if owner.get("controller") and owner["kind"] == kind), "")


def _rolling(spec: JSON, replicas: int) -> tuple[int, int]:
    rolling = (spec.get("strategy") or {}).get("rollingUpdate") or {}
    surge = _amount(rolling.get("maxSurge", 1), replicas, up=True)
    unavailable = _amount(rolling.get("maxUnavailable", 0), replicas, up=False)
    # With neither, nothing could ever be replaced.
    return (surge, unavailable) if surge or unavailable else (0, 1)


def _amount(value: int | str, of: int, *, up: bool) -> int:
    if isinstance(value, str) and value.endswith("%"):
        share = of * int(value[:-1]) / 100
        return math.ceil(share) if up else math.floor(share)
    return int(value)
