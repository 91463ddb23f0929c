# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines of a user cluster and their nodes, as the cluster's API and this machine have them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from lab.machines.kube import Access, Kube, KubeError
from lab.machines.names import DEPLOYMENTS, MACHINES, NAMESPACE, NODES, PODS, SETS
from lab.machines.views import moment
from lab.nodes.cgroups import CgroupTree
from lab.nodes.signing import requests_of
from tests.integration import standing, workloads

_HELD = "ailab.conformance/test"  # finalizer of a pod that a node is not empty without
_SIGNING_REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"


def programs(program: str, *, node: str = "infrastructure") -> set[int]:
    """The ids of a node's, or the lab's own, processes whose command line begins with this program or names it as its Python module."""
    found = set()
    for pid in CgroupTree(standing.NAME).processes(node):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        except OSError:
            continue
        if words[0].rsplit("/", 1)[-1] == program or words[1:3] == ["-m", program]:
            found.add(pid)
    return found


def kill(*processes: int) -> None:
    """Kill processes at once; those that have ended are dead already."""
    for pid in processes:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


class Pool:
    """One machine deployment of one cluster, from below."""

    def __init__(self, cluster: str, name: str) -> None:
        """Take the id of the cluster, and the deployment's name."""
        self.name = name
        self.cluster = cluster
        self.kube = Kube(Access.of(standing.STATE / f"clusters/{cluster}/admin.kubeconfig"))

    def __enter__(self) -> Self:
        """Use it, and close its connection at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        self.kube.close()

    def deployment(self) -> dict[str, Any] | None:
        """The MachineDeployment."""
        return next((one for one in self.kube.list(DEPLOYMENTS.path(namespace=NAMESPACE)) if one["metadata"]["name"] == self.name), None)

    def machines(self) -> list[dict[str, Any]]:
        """Its Machines, by the owners of their owners."""
        sets = {one["metadata"]["name"] for one in self.kube.list(SETS.path(namespace=NAMESPACE)) if _owner(one) == self.name}
        return [one for one in self.kube.list(MACHINES.path(namespace=NAMESPACE)) if _owner(one) in sets]

    def machine_names(self) -> set[str]:
        """Their names, which are their nodes' too."""
        return {one["metadata"]["name"] for one in self.machines()}

    def nodes(self) -> list[dict[str, Any]]:
        """The Nodes that registered under a name of this pool's, whether a Machine leads to them or not."""
        return [one for one in self.kube.list(NODES.path()) if one["metadata"]["name"].startswith(f"{self.name}-")]

    def is_settled(self, size: int) -> bool:
        """Whether it has as many machines and ready nodes as asked for, by its own account and by the cluster's."""
        found = self.deployment()
        status = (found or {}).get("status") or {}
        counted = {status.get(key, 0) for key in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")}
        nodes = self.nodes()
        return counted == {size} and len(self.machines()) == size == len(nodes) and all(map(_ready, nodes))

    @contextmanager
    def held(self) -> Iterator[Callable[[], None]]:
        """Keep the nodes from being empty, so that a machine that goes stays on its way; gives what lets go of them, as the end does."""
        paths = []
        for name in sorted(self.machine_names()):
            body = workloads.pod(f"held-{name}", "sleep 300")
            body["metadata"]["finalizers"] = [_HELD]
            body["spec"]["nodeName"] = name
            self.kube.create(PODS.path(namespace="default"), body)
            paths.append(PODS.path(body["metadata"]["name"], namespace="default"))

        def let_go() -> None:
            while paths:
                try:
                    self.kube.patch(paths[-1], {"metadata": {"finalizers": None}})
                    self.kube.delete(paths[-1])
                except KubeError as error:
                    if not error.gone:
                        raise
                paths.pop()

        try:
            yield let_go
        finally:
            let_go()

    def left(self) -> list[str]:
        """What of it is still there: deployment, machines, nodes."""
        names = [f"machine deployment {self.name}"] if self.deployment() else []
        names += [f"machine {name}" for name in self.machine_names()]
        return names + [f"node {one['metadata']['name']}" for one in self.nodes()]

    def traces(self, node: str) -> list[str]:
        """What a node that is gone has left: in the cluster and on this machine."""
        requests = requests_of(node, self.kube.list(_SIGNING_REQUESTS))
        found = [f"signing request {name}" for name in requests]
        found += [f"node {one['metadata']['name']}" for one in self.nodes() if one["metadata"]["name"] == node]
        listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
        found += [f"namespace {line}" for line in listed.splitlines() if node in line]
        found += [f"mount {line}" for line in Path("/proc/self/mountinfo").read_text().splitlines() if node in line]
        found += [f"process {pid}" for pid in CgroupTree(standing.NAME).processes(node)]
        found += [f"cgroup {path}" for path in Path("/sys/fs/cgroup").glob(f"*/{standing.NAME}/{node}")]
        found += [f"cgroup {path}" for path in Path("/sys/fs/cgroup").glob(f"{standing.NAME}/{node}")]
        found += [f"file {path}" for path in standing.STATE.rglob(f"*{node}*") if "/etcd/" not in str(path)]
        return found

    def seconds_to_ready(self) -> dict[str, float]:
        """Machine → seconds from its creation to its node's being Ready."""
        ready = {one["metadata"]["name"]: moment(_condition(one)["lastTransitionTime"]) for one in self.nodes()}
        return {
            one["metadata"]["name"]: (ready[one["metadata"]["name"]] - moment(one["metadata"]["creationTimestamp"])).total_seconds()
            for one in self.machines()
        }


def links() -> set[str]:
    """The ports of the lab's bridge: one for each machine that is attached."""
    said = subprocess.run(
        ["ip", "-netns", f"{standing.NAME}-router", "-json", "link", "show", "type", "veth"], capture_output=True, text=True, check=True
    ).stdout
    return {str(link["ifname"]) for link in json.loads(said or "[]")}


def _owner(one: dict[str, Any]) -> str:
    return str(next((owner["name"] for owner in one["metadata"].get("ownerReferences", ())), ""))


def _condition(node: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = next(entry for entry in node["status"]["conditions"] if entry["type"] == "Ready")
    return found


def _ready(node: dict[str, Any]) -> bool:
    return _condition(node)["status"] == "True"
