# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task kkp_machine_deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .difference import applied, excerpt, patch_of, whole
from .errors import OptionError
from .machine_deployments import MachineDeployment, MachineDeployments
from .scope import cluster_or_none
from .task import CLUSTER_SPEC, Call, Change, Outcome, Task, waiting

JSON = Any

_SYSTEMS = ("ubuntu", "flatcar", "rhel", "rockylinux", "amzn2")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_PROFILE = "k8c.io/operating-system-profile"
_CAPACITY = "capacity.cluster-autoscaler.kubernetes.io/"
_CAPACITIES = {"cpu": "cpu", "memory": "memory", "gpu_count": "gpu-count", "gpu_type": "gpu-type", "ephemeral_disk": "ephemeral-disk"}


def _work(call: Call) -> Outcome:
    _check_options(call)
    place = cluster_or_none(call)
    if place is None:
        return Outcome(values=_returned(None), changes=[] if call.absent else [_made(_body(call))])
    clusters, cluster = place
    deployments = MachineDeployments(call.api, cluster_path=clusters.path(cluster.id), cluster=cluster.name)
    # Until the control plane is up KKP answers 503 to everything about machines.
    ready = clusters.health(cluster).ready
    if call.check_mode and not ready:
        return Outcome(values=_returned(None), changes=[] if call.absent else [_made(_body(call))])
    if call.waits and not ready:
        clusters.wait_ready(cluster, components=(), version="", seconds=call.seconds)
    return _reconcile(call, deployments)


def _reconcile(call: Call, deployments: MachineDeployments) -> Outcome:
    found = deployments.find(call.text("name"))
    if call.absent:
        return _remove(call, deployments, found)
    if found is not None and found.deleting:
        if not call.check_mode:
            deployments.wait_gone(found, seconds=call.seconds)
        found = None
    return _create(call, deployments) if found is None else _update(call, deployments, found)


def _check_options(call: Call) -> None:
    for taint in call.options["taints"] or []:
        if not taint["key"] or not taint["value"]:
            raise OptionError(
                what="option taints",
                found="a taint without a key" if not taint["key"] else f"a taint without a value: {taint['key']}",
                expected="key and value: KKP refuses taints without a value",
                look="nvidia.com/gpu=present:NoSchedule, which the usual tolerations with operator Exists match as well",
            )
    low, high, replicas = (call.options[name] for name in ("min_replicas", "max_replicas", "replicas"))
    if low is not None and high is not None and low > high:
        raise OptionError(what="option min_replicas", found=f"{low}", expected=f"at most max_replicas, {high}", look="the options")
    if replicas is not None and not (low or 0) <= replicas <= (replicas if high is None else high):
        raise OptionError(what="option replicas", found=f"{replicas}", expected=f"between {low or 0} and {high}", look="the options")
    if len(call.options["cloud"]) > 1:
        raise OptionError(
            what="option cloud", found=f"{len(call.options['cloud'])} providers", expected="the one of the cluster", look="the examples"
        )


def _annotations(call: Call) -> dict[str, str]:
    annotations = {key: str(value) for key, value in (call.options["annotations"] or {}).items()}
    for option, value in (call.options["capacity"] or {}).items():
        if value is not None:
            annotations[f"{_CAPACITY}{_CAPACITIES[option]}"] = str(value)
    if call.text("operating_system_profile"):
        annotations[_PROFILE] = call.text("operating_system_profile")
    return annotations


def _replicas(call: Call, current: int | None) -> int:
    """The number that is asked for; else the present one, within the bounds, which is the autoscaler's business."""
    if call.options["replicas"] is not None:
        return int(call.options["replicas"])
    low, high = call.options["min_replicas"], call.options["max_replicas"]
    number = current if current is not None else (1 if low is None else int(low))
    number = max(number, int(low)) if low is not None else number
    return min(number, int(high)) if high is not None else number


def _template(call: Call, current: Mapping[str, JSON]) -> dict[str, JSON]:
    template: dict[str, JSON] = {}
    if call.options["cloud"]:
        template["cloud"] = call.options["cloud"]
    system = call.text("operating_system")
    if system:
        others = {name: None for name in current.get("operatingSystem") or {} if name != system}
        template["operatingSystem"] = {system: call.options["operating_system_options"], **others}
    if call.text("kubelet_version"):
        template["versions"] = {"kubelet": call.text("kubelet_version").removeprefix("v")}
    if call.options["labels"] is not None:
        template["labels"] = whole(current.get("labels"), {key: str(value) for key, value in call.options["labels"].items()})
    if call.options["taints"] is not None:
        template["taints"] = [dict(taint) for taint in call.options["taints"]]
    return template


def _bounds(call: Call) -> dict[str, JSON]:
    if call.options["autoscaling"] is False:
        return {"minReplicas": None, "maxReplicas": None}
    given = {"minReplicas": call.options["min_replicas"], "maxReplicas": call.options["max_replicas"]}
    return {key: value for key, value in given.items() if value is not None}


def _body(call: Call) -> dict[str, JSON]:
    for option in ("cloud", "operating_system"):
        if not call.options[option]:
            raise OptionError(
                what=f"machine deployment {call.text('name')}, which does not exist yet",
                found=f"no option {option}",
                expected="cloud and operating_system, to make it",
                look="the examples, or whether the name is right",
            )
    template = {"versions": {}, **_template(call, {})}
    bounds = {key: value for key, value in _bounds(call).items() if value is not None}
    spec = {"replicas": _replicas(call, None), **bounds, "template": template, "paused": bool(call.options["paused"])}
    return {"name": call.text("name"), "annotations": _annotations(call), "spec": spec}


def _made(body: Mapping[str, JSON]) -> Change:
    return Change(header=f"machine deployment {body['name']}", before={}, after=body)


def _returned(deployment: MachineDeployment | None) -> dict[str, JSON]:
    return {"machine_deployment": deployment.as_result() if deployment else {}}


def _create(call: Call, deployments: MachineDeployments) -> Outcome:
    body = _body(call)
    if call.check_mode:
        return Outcome(values=_returned(None), changes=[_made(body)])
    made = deployments.create(body)
    return Outcome(values=_returned(_settled(call, deployments, made, after=-1)), changes=[_made(body)])


def _update(call: Call, deployments: MachineDeployments, found: MachineDeployment) -> Outcome:
    spec: dict[str, JSON] = {"replicas": _replicas(call, found.replicas), "template": _template(call, found.template), **_bounds(call)}
    if call.options["paused"] is not None:
        spec["paused"] = call.options["paused"]
    patch = patch_of(found.body, {"annotations": _annotations(call), "spec": spec})
    patch = _switched(call, found, patch)
    changes = []
    if patch:
        header = f"machine deployment {found.name}"
        changes.append(Change(header=header, before=excerpt(found.body, patch), after=applied(patch)))
    restart = call.options["state"] == "restarted"
    if restart:
        changes.append(
            Change(header=f"nodes of machine deployment {found.name}", before={"nodes": "as they are"}, after={"nodes": "new ones"})
        )
    if call.check_mode:
        return Outcome(values=_returned(found), changes=changes)
    now = deployments.patch(found, patch) if patch else found
    if restart:
        now = deployments.restart(found)
    # Annotations and bounds do not touch the generation that the status speaks of.
    moves = restart or bool(set(patch.get("spec", {})) - {"minReplicas", "maxReplicas"})
    return Outcome(
        values=_returned(_settled(call, deployments, now, after=found.observed if moves and found.observed else -1)), changes=changes
    )


def _switched(call: Call, found: MachineDeployment, patch: dict[str, JSON]) -> dict[str, JSON]:
    """Adds a new operating system without options, which a comparison of fields does not see."""
    system = call.text("operating_system")
    have = found.template.get("operatingSystem") or {}
    if not system or system in have:
        return patch
    wanted = _template(call, found.template)["operatingSystem"]
    spec = patch.get("spec", {})
    return {**patch, "spec": {**spec, "template": {**spec.get("template", {}), "operatingSystem": wanted}}}


def _settled(call: Call, deployments: MachineDeployments, deployment: MachineDeployment, *, after: int) -> MachineDeployment:
    return deployments.wait_ready(deployment, after=after, seconds=call.seconds) if call.waits else deployment


def _remove(call: Call, deployments: MachineDeployments, found: MachineDeployment | None) -> Outcome:
    if found is None:
        return Outcome(values=_returned(None))
    if not call.check_mode and not found.deleting:
        deployments.delete(found)
    if call.waits:
        deployments.wait_gone(found, seconds=call.seconds)
    before = {"name": found.name, "replicas": found.replicas}
    change = Change(header=f"machine deployment {found.name}", before=before, after={})
    return Outcome(values=_returned(None), changes=[] if found.deleting else [change])


TASK = Task(
    work=_work,
    options={
        **CLUSTER_SPEC,
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent", "restarted"], "default": "present"},
        "replicas": {"type": "int"},
        "min_replicas": {"type": "int"},
        "max_replicas": {"type": "int"},
        "autoscaling": {"type": "bool"},
        "paused": {"type": "bool"},
        "cloud": {"type": "dict", "default": {}},
        "operating_system": {"type": "str", "choices": list(_SYSTEMS)},
        "operating_system_options": {"type": "dict", "default": {}},
        "operating_system_profile": {"type": "str"},
        "kubelet_version": {"type": "str"},
        "labels": {"type": "dict"},
        "taints": {
            "type": "list",
            "elements": "dict",
            "options": {
                "key": {"type": "str", "required": True, "no_log": False},
                "value": {"type": "str", "default": ""},
                "effect": {"type": "str", "required": True, "choices": list(_EFFECTS)},
            },
        },
        "annotations": {"type": "dict"},
        "capacity": {
            "type": "dict",
            "options": {
                "cpu": {"type": "str"},
                "memory": {"type": "str"},
                "gpu_count": {"type": "int"},
                "gpu_type": {"type": "str"},
                "ephemeral_disk": {"type": "str"},
            },
        },
        **waiting(900.0),
    },
    mutually_exclusive=[("autoscaling", "min_replicas"), ("autoscaling", "max_replicas")],
)
