# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task kkp_cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .cluster_spec import check, compare
from .clusters import Cluster, Clusters
from .difference import applied, excerpt
from .errors import OptionError
from .health import COMPONENTS
from .machine_deployments import MachineDeployments
from .projects import Projects
from .scope import project_or_none
from .task import PROJECT_SPEC, Call, Change, Outcome, Task, one_of, waiting
from .versions import Versions, highest, parsed, satisfies

JSON = Any

_EMPTY: Mapping[str, JSON] = {}


def _work(call: Call) -> Outcome:
    _check_options(call)
    project = project_or_none(call, Projects(call.api))
    if project is None:
        return _planned(call)
    clusters = Clusters(call.api, project_id=project.id)
    found = clusters.find(call.text("name"))
    if call.absent:
        return _remove(call, clusters, found)
    if found is not None and found.deleting:
        if not call.check_mode:
            clusters.wait_gone(found, seconds=call.seconds)
        found = None
    return _create(call, clusters) if found is None else _update(call, clusters, found)


def _check_options(call: Call) -> None:
    check(spec=call.options["spec"], cloud=call.options["cloud"])
    if call.text("version"):
        parsed(call.text("version"))
    for component in call.options["wait_for"]:
        one_of(component, COMPONENTS, what="option wait_for", look="the components of KKP's health answer")
    if len(call.text("name")) > 100:
        raise OptionError(what="option name", found=f"{len(call.text('name'))} characters", expected="at most 100", look="the option")


def _planned(call: Call) -> Outcome:
    """Check mode, before the project exists."""
    if call.absent:
        return Outcome(values={"cluster": {}})
    body = _body(call, version=call.text("version"))
    return Outcome(values={"cluster": {}}, changes=[_change(call, after=body)])


def _body(call: Call, *, version: str) -> dict[str, JSON]:
    provider = call.text("provider")
    cloud = {"dc": call.text("datacenter"), "providerName": provider, provider: {**call.options["cloud"], **_credentials(call)}}
    cluster: dict[str, JSON] = {
        "name": call.text("name"),
        "type": "kubernetes",
        "labels": call.options["labels"] or {},
        "annotations": call.options["annotations"] or {},
        "spec": {**call.options["spec"], "version": version, "cloud": cloud},
    }
    if call.text("preset"):
        cluster["credential"] = call.text("preset")
    body: dict[str, JSON] = {"cluster": cluster}
    if call.options["applications"]:
        body["applications"] = call.options["applications"]
    return body


def _credentials(call: Call) -> Mapping[str, JSON]:
    return call.options["cloud_credentials"] or _EMPTY


def _change(call: Call, *, after: Mapping[str, JSON]) -> Change:
    shown = dict(after["cluster"])
    spec = dict(shown["spec"])
    provider = call.text("provider")
    # Credentials are not shown, not even as hidden ones.
    spec["cloud"] = {**spec["cloud"], provider: dict(call.options["cloud"])}
    extra = {"applications": after["applications"]} if "applications" in after else {}
    return Change(header=f"cluster {call.text('name')}", before={}, after={**shown, "spec": spec, **extra})


def _create(call: Call, clusters: Clusters) -> Outcome:
    for option in ("version", "datacenter", "provider"):
        if not call.text(option):
            raise OptionError(
                what=f"cluster {call.text('name')}, which does not exist yet",
                found=f"no option {option}",
                expected="version, datacenter and provider, to make it",
                look="the module kkp_datacenter_info, or whether the name is right",
            )
    provider = call.text("provider")
    offered = [str(item["version"]) for item in Versions(call.api).offered(provider=provider)]
    version = highest(offered, call.text("version"), where=f"this KKP offers for {provider}")
    body = _body(call, version=version)
    change = _change(call, after=body)
    if call.check_mode:
        return Outcome(values={"cluster": {}}, changes=[change])
    made = _settled(call, clusters, clusters.create(body), version=version)
    return Outcome(values={"cluster": made.as_result()}, changes=[change])


def _update(call: Call, clusters: Clusters, found: Cluster) -> Outcome:
    provider = call.text("provider") or str((found.spec.get("cloud") or {}).get("providerName") or "")
    difference = compare(
        found.body,
        labels=call.options["labels"],
        annotations=call.options["annotations"],
        spec=call.options["spec"],
        provider=provider,
        cloud=call.options["cloud"],
    )
    patch, version = difference.patch, _upgrade(call, clusters, found)
    if version:
        patch = {**patch, "spec": {**patch.get("spec", {}), "version": version}}
    warnings = _warnings(call, found, fixed=difference.fixed, unseen=difference.unseen)
    if not patch:
        now = _settled(call, clusters, found, version=found.version)
        nodes = _upgrade_nodes(call, clusters, now)
        return Outcome(values={"cluster": now.as_result()}, changes=nodes, warnings=warnings)
    change = Change(header=f"cluster {found.name} ({found.id})", before=excerpt(found.body, patch), after=applied(patch))
    if call.check_mode:
        return Outcome(values={"cluster": found.as_result()}, changes=[change], warnings=warnings)
    if version and call.waits:
        # KKP takes the next upgrade only from a control plane that stands.
        clusters.wait_ready(found, components=(), version=found.version, seconds=call.seconds)
    changed = _settled(call, clusters, clusters.patch(found, patch), version=version or found.version)
    nodes = _upgrade_nodes(call, clusters, changed)
    return Outcome(values={"cluster": changed.as_result()}, changes=[change, *nodes], warnings=warnings)


def _upgrade_nodes(call: Call, clusters: Clusters, cluster: Cluster) -> list[Change]:
    """Brings kubelets to the control plane's version, also where an earlier run was killed before it did."""
    if not call.options["upgrade_nodes"] or not clusters.health(cluster).ready:
        return []
    deployments = MachineDeployments(call.api, cluster_path=clusters.path(cluster.id), cluster=cluster.name)
    behind = {item.name: item.kubelet for item in deployments.all() if item.kubelet != cluster.version}
    if not behind:
        return []
    if not call.check_mode:
        clusters.upgrade_nodes(cluster, version=cluster.version)
    header = f"kubelets of cluster {cluster.name} ({cluster.id})"
    return [Change(header=header, before=behind, after=dict.fromkeys(behind, cluster.version))]


def _upgrade(call: Call, clusters: Clusters, found: Cluster) -> str:
    """The version to go to; empty to stay. Of a line such as 1.34, any version will do."""
    wanted = call.text("version")
    if not wanted or satisfies(found.version, wanted):
        return ""
    upgrades = clusters.upgrades(found)
    where = f"cluster {found.name} runs {found.version} and can go to"
    version = highest([str(item["version"]) for item in upgrades], wanted, where=where)
    held = any(item.get("restrictedByKubeletVersion") for item in upgrades if str(item["version"]).removeprefix("v") == version)
    if held:
        raise OptionError(
            what=f"upgrade of cluster {found.name} to {version}",
            found="nodes whose kubelets are too old for it",
            expected=f"kubelets that go with {version}",
            look="its machine deployments: upgrade them to the version that the control plane has now, first",
        )
    return version


def _warnings(call: Call, found: Cluster, *, fixed: list[str], unseen: list[str]) -> list[str]:
    name = f"cluster {found.name} ({found.id})"
    cloud = found.spec.get("cloud") or {}
    datacenter, wanted = str(cloud.get("dc") or ""), call.text("datacenter")
    differing = [*fixed, *(["spec.cloud.dc"] if wanted and datacenter and wanted != datacenter else [])]
    said = [f"{name}: KKP cannot change {', '.join(differing)} of an existing cluster; left as it is."] if differing else []
    if unseen:
        said.append(f"{name}: KKP does not return {', '.join(unseen)}; whether it differs cannot be told, and it was left as it is.")
    return said


def _settled(call: Call, clusters: Clusters, cluster: Cluster, *, version: str) -> Cluster:
    if not call.waits:
        return cluster
    return clusters.wait_ready(cluster, components=call.options["wait_for"], version=version, seconds=call.seconds)


def _remove(call: Call, clusters: Clusters, found: Cluster | None) -> Outcome:
    if found is None:
        return Outcome(values={"cluster": {}})
    if not call.check_mode and not found.deleting:
        clusters.delete(found, volumes=call.options["delete_volumes"], load_balancers=call.options["delete_load_balancers"])
    if call.waits:
        clusters.wait_gone(found, seconds=call.seconds)
    before = {"name": found.name, "id": found.id, "version": found.version}
    change = Change(header=f"cluster {found.name} ({found.id})", before=before, after={})
    return Outcome(values={"cluster": {}}, changes=[] if found.deleting else [change])


TASK = Task(
    work=_work,
    options={
        **PROJECT_SPEC,
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "version": {"type": "str"},
        "datacenter": {"type": "str"},
        "provider": {"type": "str"},
        "preset": {"type": "str"},
        "cloud": {"type": "dict", "default": {}},
        "cloud_credentials": {"type": "dict", "no_log": True},
        "labels": {"type": "dict"},
        "annotations": {"type": "dict"},
        "spec": {"type": "dict", "default": {}},
        "applications": {"type": "list", "elements": "dict", "default": []},
        "upgrade_nodes": {"type": "bool", "default": False},
        "delete_volumes": {"type": "bool", "default": False},
        "delete_load_balancers": {"type": "bool", "default": False},
        "wait_for": {"type": "list", "elements": "str", "default": []},
        **waiting(1200.0),
    },
    mutually_exclusive=[("preset", "cloud_credentials")],
    secrets=("cloud_credentials",),
)
