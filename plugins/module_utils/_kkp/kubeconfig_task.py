# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task kkp_kubeconfig. The kubeconfig goes from KKP into a private file and nowhere else."""

from __future__ import annotations

from pathlib import Path

from . import private_file
from .client import Api
from .clusters import Cluster, Clusters
from .errors import KkpApiError, KkpError
from .scope import cluster_or_none
from .task import CLUSTER_SPEC, Call, Change, Outcome, Task, waiting
from .wait import Look, until

_PART = b"clusters:"


class NoKubeconfigError(KkpError):
    """What KKP sent is no kubeconfig."""


def _work(call: Call) -> Outcome:
    dest = Path(call.text("dest"))
    if call.absent:
        return _remove(call, dest)
    found = cluster_or_none(call)
    if found is None:
        return Outcome(values={"dest": str(dest), "cluster_id": ""}, changes=[_change(dest, before="", after="the kubeconfig")])
    clusters, cluster = found
    values = {"dest": str(dest), "cluster_id": cluster.id}
    content = _fetch(call, clusters, cluster)
    present = private_file.read(dest)
    wanted = f"the kubeconfig of cluster {cluster.name} ({cluster.id})"
    if content is None:
        return Outcome(values=values, changes=[_change(dest, before="a file" if present is not None else "", after=wanted)])
    if present == content and private_file.is_private(dest):
        return Outcome(values=values)
    before = "" if present is None else ("the same, readable for others" if present == content else "another content")
    if not call.check_mode:
        private_file.write(dest, content)
    return Outcome(values=values, changes=[_change(dest, before=before, after=wanted)])


def _change(dest: Path, *, before: str, after: str) -> Change:
    return Change(header=str(dest), before={"content": before} if before else {}, after={"content": after} if after else {})


def _remove(call: Call, dest: Path) -> Outcome:
    values = {"dest": str(dest), "cluster_id": ""}
    if not dest.exists():
        return Outcome(values=values)
    if not call.check_mode:
        dest.unlink()
    return Outcome(values=values, changes=[_change(dest, before="a kubeconfig", after="")])


def _fetch(call: Call, clusters: Clusters, cluster: Cluster) -> bytes | None:
    """The kubeconfig; None in check mode while KKP has none yet."""

    def look() -> Look[bytes | None]:
        content = _read(call.api, f"{clusters.path(cluster.id)}/kubeconfig")
        return Look(value=content, lacks="" if content else "KKP has no kubeconfig of it yet")

    if not call.waits:
        content = look().value
        if content is None and not call.check_mode:
            raise NoKubeconfigError(
                what=f"kubeconfig of cluster {cluster.name} ({cluster.id})",
                found="none yet, because the control plane is being made",
                expected="a kubeconfig",
                look="the option wait",
            )
        return content
    return until(
        look,
        what=f"kubeconfig of cluster {cluster.name} ({cluster.id})",
        expected="a kubeconfig",
        hint=lambda: "the health of the cluster (kkp_cluster_info)",
        clock=call.api.clock,
        seconds=call.seconds,
    )


def _read(api: Api, path: str) -> bytes | None:
    try:
        content = api.raw(path)
    except KkpApiError as problem:
        if problem.missing and problem.message.startswith("secrets "):
            return None
        raise
    if _PART not in content:
        raise NoKubeconfigError(
            what=f"GET {path}",
            found="a document that is no kubeconfig",
            expected="YAML with clusters and users",
            look="what stands in front of KKP",
        )
    return content


TASK = Task(
    work=_work,
    options={
        **CLUSTER_SPEC,
        "dest": {"type": "path", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        **waiting(600.0),
    },
)
