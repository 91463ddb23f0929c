# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe pods: what they ask for, where they run, and their manifests. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import kinds
from .manifests import Manifest
from .placing import on_nodes

JSON = Any

_STAY = "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"
"""A shell that sleeps and ends at once when it is told to, as process 1 too."""

STAY: tuple[str, ...] = ("sh", "-c", _STAY)
"""The command of a container that does nothing until it is told to end."""

_RESTRICTED: Mapping[str, JSON] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
_USER = 65532


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimUse:
    """How a pod comes to a claim: by the name of a claim, or of a template.

    Attributes:
        claim: name of a ResourceClaim; empty when there is a template.
        template: name of a ResourceClaimTemplate; empty when there is a claim.
    """

    claim: str = ""
    template: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerators:
    """What a container asks for, by one allocator or the other; nothing when both are empty.

    Attributes:
        claim: a claim for devices (DRA).
        resources: extended resources of a device plugin with their amounts.
    """

    claim: ClaimUse | None = None
    resources: Mapping[str, int] = field(default_factory=dict)


NO_ACCELERATORS = Accelerators()


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A pod that does nothing until it is deleted, and ends at once then.

    It has no API credentials and no privileges, but those that are asked for.

    Attributes:
        accelerators: what it asks for.
        containers: their names.
        using: names of the containers that use the accelerators; all of them when empty.
        node: name of the node that it must run on; empty for any.
        runtime_class: name of a RuntimeClass; empty for the default.
        env: environment of all containers.
        command: of all containers.
        capabilities: Linux capabilities of all containers, which run as root then; a restricted namespace refuses such a pod.
        devices: paths of the node's device files that it mounts (hostPath); a restricted namespace refuses such a pod.
        labels: of the pod.
        image: other than the settings' probe image.
        cpu: processor that each container asks for and may use at most; next to none, and no limit, when empty.
    """

    accelerators: Accelerators = NO_ACCELERATORS
    containers: tuple[str, ...] = ("probe",)
    using: tuple[str, ...] = ()
    node: str = ""
    runtime_class: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = STAY
    capabilities: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    image: str = ""
    cpu: str = ""


def probe_pod(
    probe: Probe, *, image: str, tolerations: Sequence[Mapping[str, JSON]], within: Sequence[str] = (), affinity: JSON = None
) -> Manifest:
    """The pod of a probe.

    The grace period is 1 s because 0 would remove the pod from the API before its containers have ended, with its devices still in use.
    A node is asked for by affinity and not by name: a named node leaves the scheduler out, and with it the allocation of claims.

    Args:
        probe: what is wanted.
        image: with sh and sleep, where the probe names none.
        tolerations: of the pod.
        within: names of the nodes that it may run on, where the probe names none; any when empty.
        affinity: of the pod where no node is named.
    """
    spec = pod_spec(probe, image=image, tolerations=tolerations, within=within, affinity=affinity)
    return Manifest(kind=kinds.POD, fields={"spec": spec}, labels=probe.labels)


def pod_spec(
    probe: Probe, *, image: str, tolerations: Sequence[Mapping[str, JSON]], within: Sequence[str] = (), affinity: JSON = None
) -> dict[str, JSON]:
    """The same pod as the template of a Deployment or a Job has it."""
    nodes = (probe.node,) if probe.node else tuple(within)
    where = on_nodes(nodes) if nodes else affinity
    claim, user = probe.accelerators.claim, 0 if probe.capabilities else _USER
    return {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "tolerations": [dict(toleration) for toleration in tolerations],
        "securityContext": {
            "runAsNonRoot": user != 0,
            "runAsUser": user,
            "runAsGroup": user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **({"runtimeClassName": probe.runtime_class} if probe.runtime_class else {}),
        **({"affinity": where} if where else {}),
        **({"resourceClaims": [{"name": "devices", **_source(claim)}]} if claim else {}),
        **({"volumes": [_device(number, path) for number, path in enumerate(probe.devices)]} if probe.devices else {}),
        "containers": [_container(name, probe, image=probe.image or image) for name in probe.containers],
    }


def _container(name: str, probe: Probe, *, image: str) -> dict[str, JSON]:
    asks = probe.accelerators if not probe.using or name in probe.using else NO_ACCELERATORS
    amounts = {resource: str(amount) for resource, amount in asks.resources.items()}
    more = {"capabilities": {"drop": ["ALL"], "add": list(probe.capabilities)}} if probe.capabilities else {}
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": list(probe.command),
        **({"env": [{"name": key, "value": value} for key, value in probe.env.items()]} if probe.env else {}),
        "resources": {
            **({"claims": [{"name": "devices"}]} if asks.claim else {}),
            "requests": {"cpu": probe.cpu or "1m", "memory": "8Mi", **amounts},
            "limits": {**({"cpu": probe.cpu} if probe.cpu else {}), "memory": "256Mi", **amounts},
        },
        **({"volumeMounts": [{"name": f"device-{n}", "mountPath": path} for n, path in enumerate(probe.devices)]} if probe.devices else {}),
        "securityContext": {**_RESTRICTED, **more},
    }


def _source(claim: ClaimUse) -> dict[str, str]:
    return {"resourceClaimName": claim.claim} if claim.claim else {"resourceClaimTemplateName": claim.template}


def _device(number: int, path: str) -> dict[str, JSON]:
    return {"name": f"device-{number}", "hostPath": {"path": path}}
