# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What an object lacks to be ready, by kind. Pure functions over the JSON of the API.

Source: Kubernetes API reference, apps/v1 (status of Deployment, DaemonSet and StatefulSet, as ``kubectl rollout status`` reads it),
core/v1 (conditions of Pod and Node), apiextensions.k8s.io/v1 and apiregistration.k8s.io/v1 (conditions).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import gateways
from .conditions import Lack, lack_of_condition

JSON = Any

_NO_IMAGE = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"})
_NO_CONTAINER = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})
_CRASHES = 3
"""After so many starts in vain a container is not just waiting for another one."""


def lack_of(item: JSON) -> Lack:
    """What an object lacks to be ready. A kind without a readiness of its own is ready when it exists."""
    predicate = _BY_KIND.get(str(item.get("kind")))
    return predicate(item) if predicate else None


def deployment(item: JSON) -> Lack:
    """All replicas are of the current template and available, and none of an older one is left, which would be counted as available."""
    wanted, status = item["spec"].get("replicas", 1), item.get("status", {})
    updated, old = status.get("updatedReplicas", 0), status.get("replicas", 0) - status.get("updatedReplicas", 0)
    lack = _unseen(item) or _counted(wanted, updated=updated, available=status.get("availableReplicas", 0))
    if lack and (refused := _refused(item)):
        return f"{lack}, because more are refused: {refused}"
    return lack or (f"{old} pods of the former template are still there" if old > 0 else None)


def stateful_set(item: JSON) -> Lack:
    """All replicas are of the current revision and ready."""
    wanted, status = item["spec"].get("replicas", 1), item.get("status", {})
    updated = status.get("updatedReplicas", 0) if status.get("updateRevision") != status.get("currentRevision") else wanted
    return _unseen(item) or _counted(wanted, updated=updated, available=status.get("readyReplicas", 0))


def daemon_set(item: JSON) -> Lack:
    """Every node that it selects runs an available pod of the current template. None selected: it serves nobody, and is not ready."""
    status = item.get("status", {})
    wanted = status.get("desiredNumberScheduled", 0)
    if lack := _unseen(item):
        return lack
    if wanted == 0:
        return f"no node for it, expected one that has the labels {_pairs(item['spec']['template']['spec'].get('nodeSelector', {}))}"
    return _counted(wanted, updated=status.get("updatedNumberScheduled", 0), available=status.get("numberAvailable", 0))


def condition(name: str) -> Callable[[JSON], Lack]:
    """A predicate for objects that are ready when a condition is True."""

    def lacks(item: JSON) -> Lack:
        return lack_of_condition(_conditions(item), name)

    return lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What a field must hold.

    Attributes:
        path: the keys on the way to it.
        equals: the value, as text; None for any.
        at_least: the smallest whole number, such as a count of devices; None for any.
    """

    path: tuple[str, ...]
    equals: str | None = None
    at_least: int | None = None

    def lack(self, item: JSON) -> Lack:
        """What the field of an object lacks."""
        found = item
        for key in self.path:
            found = found.get(key) if isinstance(found, Mapping) else None
        name = ".".join(self.path)
        if self.equals is not None and str(found) != self.equals:
            return f"{name} is {found}, expected {self.equals}"
        if self.at_least is not None and (not str(found).isdecimal() or int(str(found)) < self.at_least):
            return f"{name} is {found}, expected at least {self.at_least}"
        return None


def container_trouble(pod: JSON) -> Lack:
    """Why a pod does not run: the scheduler's refusal, or the first container that waits or has ended badly."""
    status = pod.get("status", {})
    scheduled: Mapping[str, JSON] = next((entry for entry in status.get("conditions", []) if entry.get("type") == "PodScheduled"), {})
    if scheduled.get("status") == "False":
        return f"not scheduled: {scheduled.get('message', scheduled.get('reason'))}"
    for container in _containers(pod):
        state = container.get("state", {})
        waiting, ended = state.get("waiting", {}), state.get("terminated", {})
        if waiting.get("reason") not in {None, "PodInitializing", "ContainerCreating"}:
            return f"container {container['name']} waits: {waiting['reason']} {waiting.get('message', '')}".rstrip()
        if ended.get("exitCode", 0) != 0:
            return f"container {container['name']} ended with status {ended['exitCode']}"
    return None


def hopeless(pod: JSON) -> Lack:
    """Why a pod will not run by waiting: an image that cannot be had, a container that cannot be made or ends each time it is started.

    Source: the kubelet's reasons (kubernetes ``pkg/kubelet/images/types.go`` and ``pkg/kubelet/container/sync_result.go``).
    """
    return imageless(pod) or next(filter(None, map(_broken, _containers(pod))), None)


def imageless(pod: JSON) -> Lack:
    """Which image of a pod cannot be had. A container that ends again and again may be waiting for another one; this one waits in vain."""
    for container in _containers(pod):
        waiting = container.get("state", {}).get("waiting", {})
        reason, message = waiting.get("reason"), waiting.get("message", "")
        if reason in _NO_IMAGE:
            return f"image {container.get('image')} of container {container['name']} cannot be had: {reason} {message}".rstrip()
    return None


def _broken(container: JSON) -> Lack:
    waiting = container.get("state", {}).get("waiting", {})
    reason, message = waiting.get("reason"), waiting.get("message", "")
    if reason in _NO_CONTAINER:
        return f"container {container['name']} cannot be made: {reason} {message}".rstrip()
    if reason == "CrashLoopBackOff" and container.get("restartCount", 0) >= _CRASHES:
        ended = container.get("lastState", {}).get("terminated", {})
        return f"container {container['name']} ended {container['restartCount']} times, last with status {ended.get('exitCode')}"
    return None


def _containers(pod: JSON) -> list[JSON]:
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]


def over_quota(item: JSON) -> Lack:
    """Why a Deployment gets no more pods by waiting: the quota of its namespace is used up.

    Source: kubernetes ``plugin/pkg/admission/resourcequota/controller.go``, whose refusal the Deployment repeats in a condition.
    """
    refused = _refused(item)
    return refused if refused and "exceeded quota" in refused else None


def _refused(item: JSON) -> Lack:
    """What the API server said to a Deployment that wanted to make a pod: a quota, or a webhook that does not answer."""
    found = next((entry for entry in _conditions(item) if entry.get("type") == "ReplicaFailure" and entry.get("status") == "True"), None)
    return str(found.get("message") or found.get("reason")) if found else None


def _conditions(item: JSON) -> Iterable[JSON]:
    """Conditions of a status, which KKP's kinds have by their types and not as a list."""
    found = (item.get("status") or {}).get("conditions") or []
    return [{**entry, "type": kind} for kind, entry in found.items()] if isinstance(found, Mapping) else found


def _unseen(item: JSON) -> Lack:
    """The controller has not looked at the current spec yet: its status is about an older one."""
    generation = item["metadata"].get("generation", 0)
    return None if item.get("status", {}).get("observedGeneration", 0) >= generation else "its controller has not looked at it yet"


def _counted(wanted: int, *, updated: int, available: int) -> Lack:
    if updated < wanted:
        return f"{updated} of {wanted} pods are up to date"
    if available < wanted:
        return f"{available} of {wanted} pods are available"
    return None


def _pairs(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items())) or "(any)"


_BY_KIND: Mapping[str, Callable[[JSON], Lack]] = {
    "APIService": condition("Available"),
    "CustomResourceDefinition": condition("Established"),
    "DaemonSet": daemon_set,
    "Deployment": deployment,
    "EnvoyExtensionPolicy": gateways.policy,
    "GRPCRoute": gateways.route,
    "Gateway": gateways.gateway,
    "GatewayClass": gateways.gateway_class,
    "HTTPRoute": gateways.route,
    "Node": condition("Ready"),
    "Pod": condition("Ready"),
    "StatefulSet": stateful_set,
}
