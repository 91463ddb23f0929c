# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status of machine deployments, machine sets and machines, as it follows from what is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.machines.actions import Patch
from lab.machines.kube import JSON
from lab.machines.names import DEPLOYMENTS, MACHINES, SETS, Resource
from lab.machines.rollout import Batch
from lab.machines.views import Deployment, Machine, MachineSet, Node, World, written


def deployment_status(deployment: Deployment, batches: Sequence[Batch], world: World) -> Iterator[Patch]:
    """The counters of a deployment over all of its machine sets (apps/v1 DeploymentStatus has the same)."""
    members = [machine for batch in batches for machine in world.members(batch.owner)]
    available = sum(batch.available for batch in batches)
    status = {
        "observedGeneration": deployment.json["metadata"]["generation"],
        "replicas": len(members),
        "updatedReplicas": sum(batch.current for batch in batches if batch.owner.template == deployment.template),
        "readyReplicas": sum(world.ready(machine) for machine in members),
        "availableReplicas": available,
        "unavailableReplicas": max(0, deployment.replicas - available),
        "labelSelector": selector_text(deployment.json),
    }
    yield from _changed(DEPLOYMENTS, deployment.json, status)


def set_status(owner: MachineSet, world: World) -> Iterator[Patch]:
    """The counters of a machine set."""
    members = world.members(owner)
    status = {
        "observedGeneration": owner.json["metadata"]["generation"],
        "replicas": len(members),
        "fullyLabeledReplicas": len(members),
        "readyReplicas": sum(world.ready(machine) for machine in members),
        "availableReplicas": sum(world.available(machine, min_ready_seconds=owner.min_ready_seconds) for machine in members),
        "labelSelector": selector_text(owner.json),
    }
    yield from _changed(SETS, owner.json, status)


def machine_status(machine: Machine, node: Node | None, world: World) -> Iterator[Patch]:
    """What is known of a machine's node; its last failure goes when the node is there."""
    status: JSON = {"phase": _phase(machine, node)}
    if node is not None:
        told = node.json.get("status") or {}
        status |= {
            "nodeRef": {"apiVersion": "v1", "kind": "Node", "name": node.name, "uid": node.uid},
            "versions": {"kubelet": str((told.get("nodeInfo") or {}).get("kubeletVersion", "")).removeprefix("v")},
            "addresses": told.get("addresses") or [],
            "conditions": [_without_heartbeat(condition) for condition in told.get("conditions") or ()],
            "errorReason": None,
            "errorMessage": None,
        }
    for patch in _changed(MACHINES, machine.json, status):
        patch.body["status"]["lastUpdated"] = written(world.now)
        yield patch


def failure_status(machine: Machine, *, reason: str, message: str) -> Patch:
    """That a machine's node could not be made, or not be taken away."""
    return Patch(MACHINES, machine.name, {"status": {"errorReason": reason, "errorMessage": message, "phase": "Failed"}}, "status")


def selector_text(json: JSON) -> str:
    """A label selector as the scale subresource has it (autoscaling/v1 ScaleStatus)."""
    selector = json["spec"].get("selector") or {}
    terms = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for term in selector.get("matchExpressions") or ():
        values = f"({','.join(sorted(term.get('values') or ()))})"
        words = {"In": f"{term['key']} in {values}", "NotIn": f"{term['key']} notin {values}", "Exists": term["key"]}
        terms.append(words.get(term["operator"], f"!{term['key']}"))
    return ",".join(terms)


def _phase(machine: Machine, node: Node | None) -> str:
    if machine.deleting:
        return "Deleting"
    if node is not None and node.ready_since and machine.provider_id:
        return "Running"
    if machine.failed and node is None:
        return "Failed"
    return "Provisioning"


def _without_heartbeat(condition: JSON) -> JSON:
    # The kubelet's sign of life would change the machine every few minutes and says nothing about it.
    return {key: value for key, value in condition.items() if key != "lastHeartbeatTime"}


def _changed(resource: Resource, json: JSON, status: JSON) -> Iterator[Patch]:
    found = json.get("status") or {}
    if any(found.get(key) != value for key, value in status.items()):
        yield Patch(resource, json["metadata"]["name"], {"status": dict(status)}, "status")
