# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in sees of a cluster: pending pods and what they need, groups, their nodes, and the room on them."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from lab.machines.autoscaler.devices import Device, DeviceRequest, UndecidedError, allocated, devices_of, is_allocated, requests
from lab.machines.autoscaler.growth import Group
from lab.machines.autoscaler.quantities import seconds
from lab.machines.autoscaler.rooms import Demand, Room, amounts, pod_resources
from lab.machines.autoscaler.settings import AutoscalerSettings
from lab.machines.autoscaler.shrink import KEEP, Member
from lab.machines.autoscaler.templates import advertises, described, from_node, labels_of
from lab.machines.kube import JSON
from lab.machines.names import MAX_SIZE, MIN_SIZE, UNNEEDED_TIME
from lab.machines.views import Deployment, Machine, Node, World

_LOG = logging.getLogger(__name__)
GOING = "ToBeDeletedByClusterAutoscaler"  # the taint by which cluster-autoscaler keeps pods off a node that goes


@dataclass(frozen=True, slots=True)
class Objects:
    """All that is read from the API for one look; claims and classes by namespace/name and name."""

    world: World
    pods: Sequence[JSON]
    claims: Mapping[str, JSON]
    templates: Mapping[str, JSON]
    classes: Mapping[str, JSON]
    slices: Sequence[JSON]


@dataclass(frozen=True, slots=True)
class Scene:
    """What is decided by.

    Attributes:
        shrinking: groups of which a machine is just going: they are left alone until it is gone.
        stale: nodes, with their machines, that were marked to go by somebody who did not live to do it.
    """

    groups: tuple[Group, ...]
    rooms: tuple[Room, ...]
    members: tuple[Member, ...]
    demands: tuple[Demand, ...]
    shrinking: frozenset[str]
    stale: tuple[tuple[str, str], ...] = ()


def is_pending(pod: JSON) -> bool:
    """Whether the scheduler said that a pod fits nowhere (PodScheduled is False, Unschedulable)."""
    status = pod.get("status") or {}
    if pod["spec"].get("nodeName") or "deletionTimestamp" in pod["metadata"] or status.get("phase") != "Pending":
        return False
    return any(
        c["type"] == "PodScheduled" and c["status"] == "False" and c.get("reason") == "Unschedulable"
        for c in status.get("conditions") or ()
    )


def demand_of(pod: JSON, objects: Objects) -> Demand:
    """What a pending pod needs."""
    key = pod_key(pod)
    try:
        devices = tuple(_device_requests(pod, objects))
    except UndecidedError as exc:
        return Demand(key=key, pod=pod, resources={}, undecided=str(exc))
    if any((pod["spec"].get("affinity") or {}).get(kind) for kind in ("podAffinity", "podAntiAffinity")):
        return Demand(key=key, pod=pod, resources={}, undecided="the stand-in does not weigh affinity between pods")
    return Demand(key=key, pod=pod, resources=pod_resources(pod), devices=devices)


def read_scene(objects: Objects, settings: AutoscalerSettings) -> Scene:
    """Make sense of what was read."""
    on_node: dict[str, list[JSON]] = defaultdict(list)
    for pod in objects.pods:
        if name := pod["spec"].get("nodeName"):
            on_node[name].append(pod)
    taken = allocated(list(objects.claims.values()))
    devices: dict[str, list[Device]] = defaultdict(list)
    for name, device in devices_of(objects.slices):
        devices[name].append(device)
    groups, rooms, members, shrinking, stale = [], [], [], set(), []
    grouped: set[str] = set()
    for deployment in objects.world.deployments:
        bounds = group_bounds(deployment)
        if bounds is None:
            continue
        nodes = _nodes(deployment, objects.world)
        grouped |= {node.name for _, node in nodes if node}
        whole = [node for _, node in nodes if node and usable(node) and advertises(deployment, node, devices[node.name])]
        room = from_node(deployment, whole[0], on_node[whole[0].name], devices[whole[0].name]) if whole else described(deployment)
        groups.append(Group(name=deployment.name, minimum=bounds[0], maximum=bounds[1], size=deployment.replicas, room=room))
        rooms += [_free(node, deployment.name, on_node[node.name], devices[node.name], taken) for node in whole]
        late = sum(
            (objects.world.now - machine.created).total_seconds() > settings.provision for machine, node in nodes if node not in whole
        )
        if room:
            rooms += [room] * max(0, deployment.replicas - len(whole) - late)
        if len(nodes) > deployment.replicas or any(machine.deleting for machine, _ in nodes):
            shrinking.add(deployment.name)
        else:
            stale += [(node.name, machine.name) for machine, node in nodes if node and is_going(node)]
        patience = _patience(deployment, settings.unneeded)
        members += [
            Member(node.name, machine.name, deployment.name, patience, _keep(node), tuple(on_node[node.name]))
            for machine, node in nodes
            if node in whole and node is not None
        ]
    others = [node for node in objects.world.nodes.values() if node.name not in grouped and usable(node)]
    rooms += [_free(node, "", on_node[node.name], devices[node.name], taken) for node in others]
    demands = tuple(demand_of(pod, objects) for pod in sorted(filter(is_pending, objects.pods), key=_age))
    return Scene(tuple(groups), tuple(rooms), tuple(members), demands, frozenset(shrinking), tuple(stale))


def group_bounds(deployment: Deployment) -> tuple[int, int] | None:
    """A group's smallest and largest size; None where the annotations make no group of it."""
    annotations = deployment.json["metadata"].get("annotations") or {}
    if deployment.deleting or MIN_SIZE not in annotations or MAX_SIZE not in annotations:
        return None
    try:
        minimum, maximum = int(annotations[MIN_SIZE]), int(annotations[MAX_SIZE])
    except ValueError:
        minimum, maximum = 1, 0
    if not 0 <= minimum <= maximum or maximum == 0:
        _LOG.warning("machine deployment %s: %s to %s is no size of a group", deployment.name, annotations[MIN_SIZE], annotations[MAX_SIZE])
        return None
    return minimum, maximum


def usable(node: Node) -> bool:
    """Whether the scheduler would put a pod on a node."""
    spec = node.json.get("spec") or {}
    return node.ready_since is not None and not spec.get("unschedulable") and not is_going(node)


def is_going(node: Node) -> bool:
    """Whether an autoscaler has marked a node to go."""
    return any(taint["key"] == GOING for taint in (node.json.get("spec") or {}).get("taints") or ())


def pod_key(pod: JSON) -> str:
    """namespace/name."""
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def _nodes(deployment: Deployment, world: World) -> list[tuple[Machine, Node | None]]:
    sets = {owner.uid for owner in world.sets if owner.deployment_uid == deployment.uid}
    return [(machine, world.node_of(machine)) for machine in world.machines if machine.set_uid in sets]


def _free(node: Node, group: str, pods: Sequence[JSON], devices: Sequence[Device], taken: set[tuple[str, str, str]]) -> Room:
    free = amounts((node.json.get("status") or {}).get("allocatable"))
    for pod in pods:
        if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed"):
            for name, amount in pod_resources(pod).items():
                free[name] = free.get(name, Fraction(0)) - amount
    spec = node.json.get("spec") or {}
    left = tuple(device for device in devices if device.key not in taken)
    return Room(node=node.name, group=group, labels=labels_of(node), taints=spec.get("taints") or (), free=free, devices=left)


def _device_requests(pod: JSON, objects: Objects) -> Iterator[DeviceRequest]:
    namespace = pod["metadata"]["namespace"]
    made = {entry["name"]: entry.get("resourceClaimName") for entry in (pod.get("status") or {}).get("resourceClaimStatuses") or ()}
    for reference in pod["spec"].get("resourceClaims") or ():
        name = reference.get("resourceClaimName") or made.get(reference["name"])
        claim = objects.claims.get(f"{namespace}/{name}") if name else None
        if claim is not None:
            if not is_allocated(claim):
                yield from requests(f"{namespace}/{name}", claim["spec"], objects.classes)
            continue
        template = objects.templates.get(f"{namespace}/{reference.get('resourceClaimTemplateName')}")
        if template is None:
            raise UndecidedError(f"claim {reference['name']} of the pod does not exist")
        yield from requests(f"{pod_key(pod)}/{reference['name']}", template["spec"]["spec"], objects.classes)


def _patience(deployment: Deployment, default: float) -> float:
    text = (deployment.json["metadata"].get("annotations") or {}).get(UNNEEDED_TIME)
    try:
        return seconds(text) if text else default
    except ValueError as exc:
        _LOG.warning("machine deployment %s: %s: %s", deployment.name, UNNEEDED_TIME, exc)
        return default


def _keep(node: Node) -> bool:
    return (node.json["metadata"].get("annotations") or {}).get(KEEP) == "true"


def _age(pod: JSON) -> tuple[str, str]:
    return str(pod["metadata"]["creationTimestamp"]), pod_key(pod)
