# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in at work: look, grow, shrink, tell.

It changes what cluster-autoscaler's clusterapi provider changes, and nothing else: the replicas of a MachineDeployment through its scale
subresource, the mark of a machine that goes first, and the taint of its node. A real one finds the cluster as it would be without it, and
when it holds its lease the stand-in stands aside.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from lab.machines.autoscaler.growth import Group, Growth, plan_growth
from lab.machines.autoscaler.lease import Lease
from lab.machines.autoscaler.report import config_map, not_scaled_up, scaled_up, status_of
from lab.machines.autoscaler.scene import GOING, Objects, Scene, is_pending, pod_key, read_scene
from lab.machines.autoscaler.settings import COMPONENT, AutoscalerSettings
from lab.machines.autoscaler.shrink import Idle, Member
from lab.machines.autoscaler.switch import find_switch, owned, settings_of
from lab.machines.events import Events
from lab.machines.kube import JSON, Kube, KubeError
from lab.machines.loop import Loop
from lab.machines.names import (
    CLAIM_TEMPLATES,
    CLAIMS,
    CONFIG_MAPS,
    DELETE_FIRST,
    DEPLOYMENTS,
    DEVICE_CLASSES,
    MACHINES,
    NAMESPACE,
    NODES,
    PODS,
    SLICES,
    Resource,
)
from lab.machines.reconciler import read_world
from lab.machines.views import written

_LOG = logging.getLogger(__name__)
_WIDE_LOOK_SECONDS = 5.0  # without pending pods only nodes that are no longer needed are looked for
_STATUS_SECONDS = 10.0
_TOLD_AGAIN_SECONDS = 60.0


class AutoscalerStandIn:
    """The stand-in of one cluster. What it remembers, since when a node has been empty, may be forgotten: then the node stays longer.

    Args:
        settings: where its switch says nothing.
    """

    def __init__(self, kube: Kube, settings: AutoscalerSettings) -> None:
        self._kube = kube
        self._default = self._settings = settings
        self._switch: JSON | None = None
        self._fault = ""
        self._events = Events(kube, COMPONENT)
        self._lease = Lease(kube, COMPONENT, seconds=settings.lease)
        self._idle = Idle()
        self._wide_look_due = 0.0
        self._status_due = 0.0
        self._grown_at = float("-inf")
        self._status: JSON = {}
        self._told: dict[tuple[str, str], float] = {}
        self._aside = ""
        self.loop = Loop("autoscaler", kube, self._pass)

    def stop(self) -> None:
        """End."""
        self.loop.stop()
        try:
            self._lease.release()
        except KubeError as error:
            _LOG.info("the lease runs out by itself: %s", error)
        finally:
            self._kube.close()

    def _pass(self) -> float:
        if not self._switched_on():
            return self._settings.scan
        other = self._lease.hold(owned(self._switch or {}))
        if other != self._aside:
            _LOG.info("stands aside for %s" if other else "at work%s", other)
            self._aside = other
        if other:
            return self._settings.scan
        pending = any(map(is_pending, self._kube.list(PODS.path(), fieldSelector="spec.nodeName=,status.phase=Pending")))
        if pending or time.monotonic() >= self._wide_look_due:
            self._look()
            self._wide_look_due = time.monotonic() + _WIDE_LOOK_SECONDS
        return self._settings.scan

    def _switched_on(self) -> bool:
        found, fault = find_switch(self._kube), ""
        if (found is None) != (self._switch is None):
            _LOG.info("switched %s", "on" if found else "off")
            self._idle = Idle()
        if _version(found) != _version(self._switch):
            # Its settings are followed, and seen to be followed, at once.
            self._status, self._wide_look_due = {}, 0.0
        if found:
            try:
                self._settings = settings_of(found, self._default)
            except ValueError as exc:
                fault = str(exc)
        if fault and fault != self._fault:
            _LOG.error("rests: %s", fault)
        self._switch, self._fault = found, fault
        return found is not None and not fault

    def _look(self) -> None:
        objects = self._read()
        scene = read_scene(objects, self._settings)
        groups = {group.name: group for group in scene.groups}
        growth = plan_growth(scene.groups, scene.rooms, scene.demands)
        self._write_status(scene, objects, growing=bool(growth.sizes))
        for node, machine in scene.stale:
            self._unmark(node, machine)
        self._grow(growth, groups, objects)
        if not growth.sizes:
            self._shrink(scene, growth, groups)

    def _read(self) -> Objects:
        # Nodes before pods: a node that came later has no pods that would be missed.
        world = read_world(self._kube)
        pods = self._kube.list(PODS.path())
        return Objects(
            world=world,
            pods=pods,
            claims=self._keyed(CLAIMS),
            templates=self._keyed(CLAIM_TEMPLATES),
            classes={entry["metadata"]["name"]: entry for entry in self._kube.list(DEVICE_CLASSES.path())},
            slices=self._kube.list(SLICES.path()),
        )

    def _keyed(self, resource: Resource) -> dict[str, JSON]:
        return {pod_key(entry): entry for entry in self._kube.list(resource.path())}

    def _grow(self, growth: Growth, groups: dict[str, Group], objects: Objects) -> None:
        pods = {pod_key(pod): pod for pod in objects.pods}
        done: set[str] = set()
        for name, size in growth.sizes.items():
            group = groups[name]
            self._tell_status(
                f"Scale-up: setting group {group.id} size to {size} instead of {group.size} (max: {group.maximum})", "ScaledUpGroup"
            )
            if self._resize(group, size, objects):
                self._tell_status(
                    f"Scale-up: group {group.id} size set to {size} instead of {group.size} (max: {group.maximum})", "ScaledUpGroup"
                )
                self._grown_at = time.monotonic()
                done.add(name)
        for key, text in scaled_up(growth, groups).items():
            if growth.helped[key] in done:
                self._tell(pods[key], PODS, "TriggeredScaleUp", text)
        for key, text in not_scaled_up(growth).items():
            self._tell_sometimes(pods[key], text)

    def _shrink(self, scene: Scene, growth: Growth, groups: dict[str, Group]) -> None:
        now = time.monotonic()
        members = [member for member in scene.members if member.group not in scene.shrinking]
        self._idle.look(members, scene.groups, needed=growth.needed, now=now)
        if now - self._grown_at < self._settings.delay_after_add:
            return
        for member in self._idle.removable(members, scene.groups, now=now):
            self._remove(member, groups)

    def _remove(self, member: Member, groups: dict[str, Group]) -> None:
        group = groups[member.group]
        node = self._kube.get(NODES.path(member.node))
        # Between the look and now the scheduler may have used the node: the taint comes first, then one more look.
        self._taint(node, [{"key": GOING, "value": str(int(time.time())), "effect": "NoSchedule"}])
        self._tell(node, NODES, "ScaleDown", "marked the node as toBeDeleted/unschedulable")
        now_on_node = self._kube.list(PODS.path(), fieldSelector=f"spec.nodeName={member.node}")
        if not Member(member.node, member.machine, member.group, 0.0, keep=False, pods=now_on_node).empty:
            self._unmark(member.node, member.machine)
            return
        self._tell_status(f"Scale-down: removing empty node {member.node!r}", "ScaleDownEmpty")
        mark = {"metadata": {"annotations": {DELETE_FIRST: written(datetime.now(UTC))}}}
        self._kube.patch(MACHINES.path(member.machine, namespace=NAMESPACE), mark)
        path = DEPLOYMENTS.path(group.name, namespace=NAMESPACE, sub="scale")
        scale = self._kube.get(path)
        if scale["spec"].get("replicas", 0) <= group.minimum:
            self._unmark(member.node, member.machine)
            return
        scale["spec"]["replicas"] -= 1
        self._kube.replace(path, scale)
        _LOG.info("group %s: size %d, node %s goes", group.id, scale["spec"]["replicas"], member.node)
        self._tell(node, NODES, "ScaleDown", "nodes removed by cluster autoscaler")

    def _unmark(self, node: str, machine: str) -> None:
        self._taint(self._kube.get(NODES.path(node)), [])
        self._kube.patch(MACHINES.path(machine, namespace=NAMESPACE), {"metadata": {"annotations": {DELETE_FIRST: None}}})

    def _taint(self, node: JSON, marks: Sequence[JSON]) -> None:
        meta = node["metadata"]
        taints = [taint for taint in (node["spec"].get("taints") or ()) if taint["key"] != GOING]
        body = {"metadata": {"resourceVersion": meta["resourceVersion"]}, "spec": {"taints": [*taints, *marks]}}
        self._kube.patch(NODES.path(meta["name"]), body)

    def _resize(self, group: Group, size: int, objects: Objects) -> bool:
        seen = next(known.json for known in objects.world.deployments if known.name == group.name)
        body = {"metadata": {"resourceVersion": seen["metadata"]["resourceVersion"]}, "spec": {"replicas": size}}
        try:
            self._kube.patch(DEPLOYMENTS.path(group.name, namespace=NAMESPACE, sub="scale"), body)
        except KubeError as error:
            # Somebody changed the deployment since the look: the next look decides anew.
            if error.stale or error.gone:
                self.loop.wake()
                return False
            raise
        _LOG.info("group %s: size %d", group.id, size)
        return True

    def _write_status(self, scene: Scene, objects: Objects, *, growing: bool) -> None:
        status = status_of(scene, objects, growing=growing)
        if status != self._status or time.monotonic() >= self._status_due:
            body = config_map(status, datetime.now(UTC), switch=self._switch)
            self._kube.apply(CONFIG_MAPS.path(body["metadata"]["name"], namespace=NAMESPACE), body, manager=COMPONENT)
            self._status, self._status_due = status, time.monotonic() + _STATUS_SECONDS

    def _tell(self, about: JSON, resource: Resource, reason: str, text: str) -> None:
        self._events.tell(about, reason, text, kind=resource.kind, api_version=resource.api_version)

    def _tell_status(self, text: str, reason: str) -> None:
        self._tell(config_map({}, datetime.now(UTC)), CONFIG_MAPS, reason, text)

    def _tell_sometimes(self, pod: JSON, text: str) -> None:
        now = time.monotonic()
        self._told = {key: until for key, until in self._told.items() if until > now}
        if (key := (pod["metadata"]["uid"], text)) not in self._told:
            self._told[key] = now + _TOLD_AGAIN_SECONDS
            self._tell(pod, PODS, "NotTriggerScaleUp", text)


def _version(item: JSON | None) -> str:
    return str(item["metadata"]["resourceVersion"]) if item else ""
