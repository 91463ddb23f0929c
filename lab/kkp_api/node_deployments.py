# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From KKP's NodeDeployment to the cluster.k8s.io/v1alpha1 MachineDeployment that it stands for, and back; and the rules (kkp.md 1.7)."""

from __future__ import annotations

from typing import Any

from lab.kkp_api import flavors, words
from lab.kkp_api.calls import JSON, part, texts
from lab.kkp_api.cluster_spec import PROVIDER
from lab.kkp_api.refusals import RefusalError, bad, plain
from lab.machines.names import ALLOCATIONS, GPU_POOL

MIN_SIZE = "cluster.k8s.io/cluster-api-autoscaler-node-group-min-size"
MAX_SIZE = "cluster.k8s.io/cluster-api-autoscaler-node-group-max-size"
RESTART = "forceRestart"
# What the lab's machine controller reads of a machine, beside what OpenStack's would.
_ACCELERATORS = "accelerators"
_SYSTEM = "system/"
_EFFECTS = ("NoExecute", "NoSchedule", "PreferNoSchedule")
_SYSTEMS = ("amzn2", "flatcar", "rhel", "rockylinux", "ubuntu")
_NETWORK = {"cidr": "", "gateway": "", "dns": {"servers": None}, "ipFamily": "IPv4"}


def machine_deployment(wanted: JSON, cluster: JSON, *, known: JSON | None = None) -> JSON:
    """The object in the user cluster.

    Args:
        wanted: a NodeDeployment.
        known: the object that is there, whose identity and status are kept.

    Raises:
        RefusalError: the NodeDeployment breaks a rule.
    """
    spec = part(wanted, "spec")
    template = part(spec, "template")
    name = str(wanted.get("name") or "") or f"{cluster['id']}-worker-{words.suffix(6)}"
    labels = {key: value for key, value in texts(template.get("labels")).items() if not key.startswith(_SYSTEM)}
    selector = known["spec"]["selector"]["matchLabels"] if known else {"machine": f"md-{cluster['id']}-{words.suffix(10)}"}
    before = _known_annotations(known)
    restarted = {RESTART: before[RESTART]} if RESTART in before else {}
    return {
        "apiVersion": "cluster.k8s.io/v1alpha1",
        "kind": "MachineDeployment",
        "metadata": {
            **({"resourceVersion": known["metadata"]["resourceVersion"]} if known else {}),
            "name": name,
            "namespace": "kube-system",
            "annotations": {**texts(wanted.get("annotations")), **_sizes(spec)},
            # It stays until its machines are gone: who was told that it is deleted finds no node of it.
            "finalizers": ["foregroundDeletion"],
        },
        "spec": {
            "replicas": spec["replicas"],
            "paused": bool(spec.get("paused")),
            "selector": {"matchLabels": selector},
            "template": {
                "metadata": {"labels": selector, "namespace": "kube-system"},
                "spec": {
                    "metadata": {
                        "labels": {**labels, "system/cluster": cluster["id"], "system/project": cluster["project"]},
                        "annotations": {**texts(template.get("annotations")), **restarted},
                    },
                    "taints": [{key: taint[key] for key in ("key", "value", "effect")} for taint in template.get("taints") or []],
                    "versions": {"kubelet": part(template, "versions").get("kubelet") or cluster["spec"]["version"]},
                    "providerSpec": {"value": _provider(template)},
                },
            },
        },
    }


def node_deployment(found: JSON) -> JSON:
    """What replies show of an object in the user cluster."""
    meta, spec = found["metadata"], found["spec"]
    machine = spec["template"]["spec"]
    annotations = dict(meta.get("annotations") or {})
    sizes = {"minReplicas": annotations.pop(MIN_SIZE, None), "maxReplicas": annotations.pop(MAX_SIZE, None)}
    shown: JSON = {
        "id": meta["name"],
        "name": meta["name"],
        "creationTimestamp": meta["creationTimestamp"],
        "annotations": annotations,
        "spec": {
            "replicas": spec.get("replicas", 0),
            "template": template_of(machine),
            "paused": bool(spec.get("paused")),
            "dynamicConfig": False,
            **{key: int(value) for key, value in sizes.items() if value is not None},
        },
        "status": {key: value for key, value in (found.get("status") or {}).items() if key in _STATUS and value},
    }
    if meta.get("deletionTimestamp"):
        shown["deletionTimestamp"] = meta["deletionTimestamp"]
    return shown


_STATUS = ("observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")


def template_of(machine: JSON) -> JSON:
    """A machine's specification as KKP's NodeSpec."""
    value = part(machine, "providerSpec", "value")
    meta = part(machine, "metadata")
    annotations = {key: text for key, text in texts(meta.get("annotations")).items() if key != RESTART}
    labels = {key: text for key, text in texts(meta.get("labels")).items() if not key.startswith(_SYSTEM)}
    shown: JSON = {
        "cloud": {PROVIDER: {key: text for key, text in (value.get("cloudProviderSpec") or {}).items() if key != _ACCELERATORS}},
        "operatingSystem": {value.get("operatingSystem", "ubuntu"): value.get("operatingSystemSpec") or {}},
        "network": _NETWORK,
        "versions": {"kubelet": part(machine, "versions").get("kubelet", "")},
        "labels": labels,
        "taints": machine.get("taints") or [],
    }
    return {**shown, "annotations": annotations} if annotations else shown


def check(wanted: JSON, cluster: JSON, *, versions: tuple[str, ...], full_stop: str = "") -> None:
    """Refuse a NodeDeployment that breaks a rule.

    Args:
        full_stop: ends the sentences on sizes; KKP has one on create.

    Raises:
        RefusalError: 400 or 500, as KKP.
    """
    spec = part(wanted, "spec")
    replicas, least, most = spec.get("replicas"), spec.get("minReplicas"), spec.get("maxReplicas")
    if not all(isinstance(number, int) and number >= 0 for number in (replicas, least or 0, most or 0)):
        raise plain("json: cannot unmarshal replicas into a number")
    if spec.get("dynamicConfig"):
        raise bad("node deployment validation failed: dynamic config cannot be configured for Kubernetes 1.24 or higher")
    if least is not None and replicas < least:
        raise bad(f"replica count ({replicas}) cannot be lower then autoscaler minreplicas ({least}){full_stop}")
    if most is not None and replicas > most:
        raise bad(f"replica count ({replicas}) cannot be higher then autoscaler maxreplicas ({most}){full_stop}")
    _check_kubelet(str(part(spec, "template", "versions").get("kubelet") or ""), cluster["spec"]["version"], versions)
    for taint in part(spec, "template").get("taints") or []:
        _check_taint(taint)


def _check_kubelet(kubelet: str, control_plane: str, versions: tuple[str, ...]) -> None:
    if kubelet and (kubelet.removeprefix("v") not in versions or _minor(kubelet) > _minor(control_plane)):
        raise bad(
            f"node deployment validation failed: kubelet version {kubelet} is not compatible with control plane version {control_plane}"
        )


def _check_taint(taint: Any) -> None:
    if not isinstance(taint, dict):
        raise plain("json: cannot unmarshal taint into an object")
    for key in ("key", "value"):
        if not taint.get(key):
            raise bad(f"node deployment validation failed: taint {key} must be set")
    if taint.get("effect") not in _EFFECTS:
        raise bad(f"node deployment validation failed: taint effect '{taint.get('effect')}' not allowed. Allowed: {', '.join(_EFFECTS)}")


def _minor(version: str) -> list[int]:
    return [int(number) for number in version.removeprefix("v").split(".")[:2]]


def _known_annotations(known: JSON | None) -> dict[str, str]:
    return texts(part(known, "spec", "template", "spec", "metadata").get("annotations")) if known else {}


def _sizes(spec: JSON) -> dict[str, str]:
    """The autoscaler's annotations; one that is left out is taken away."""
    pairs = {MIN_SIZE: spec.get("minReplicas"), MAX_SIZE: spec.get("maxReplicas")}
    return {key: str(value) for key, value in pairs.items() if value is not None}


def _provider(template: JSON) -> JSON:
    cloud = part(template, "cloud", PROVIDER)
    if missing := [key for key in ("flavor", "image") if not cloud.get(key)]:
        raise plain(f"missing or invalid required parameter(s): {missing[0]}")
    if cloud["flavor"] not in flavors.NAMES:
        raise plain(f"failed to create machine deployment: flavor {cloud['flavor']!r} not found; this lab has {', '.join(flavors.NAMES)}")
    systems = [name for name in _SYSTEMS if template.get("operatingSystem", {}).get(name) is not None]
    if len(systems) > 1:
        raise RefusalError(400, "cannot have more than one os")
    if not systems:
        raise plain("no machine os was provided")
    gpus = flavors.accelerators(cloud["flavor"], texts(template.get("labels")))
    if gpus and gpus["allocation"] not in ALLOCATIONS:
        raise plain(f"failed to create machine deployment: label {GPU_POOL}: {' or '.join(ALLOCATIONS)} is expected")
    return {
        "cloudProvider": PROVIDER,
        "cloudProviderSpec": {**cloud, **({_ACCELERATORS: gpus} if gpus else {})},
        "operatingSystem": systems[0],
        "operatingSystemSpec": template["operatingSystem"][systems[0]],
        "sshPublicKeys": [],
    }
