# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task of conformance_run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.identity import RUN_ID

from .cluster_options import CLUSTER_SPEC, cluster_from
from .codec import dump, read
from .documents import Run, SpecRef
from .entry import Call, Entry, Outcome
from .run import Cleaned, clean_run, open_run, seal_run
from .run_directory import RunDirectory

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.kinds import Kind

JSON = Any

RUN_SPEC: Mapping[str, Mapping[str, JSON]] = {
    **CLUSTER_SPEC,
    "state": {"type": "str", "choices": ["opened", "sealed", "cleaned"], "required": True},
    "runs_dir": {"type": "path", "default": "runs"},
    "run_dir": {"type": "path"},
    "kubernetes_version": {"type": "str"},
    "settings": {"type": "dict", "default": {}},
    "component_namespaces": {
        "type": "list",
        "elements": "str",
        "default": ["kube-system", "gpu-operator", "nvidia-dra-driver-gpu"],
    },
    "cleanup_seconds": {"type": "float", "default": 60.0},
    "specifications": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "kubernetes_version": {"type": "str", "required": True},
            "file": {"type": "str", "required": True},
            "sha256": {"type": "str", "required": True},
        },
    },
}


def run_entry(made: Collection[Kind]) -> Entry:
    """The task that opens, seals or cleans up runs.

    Args:
        made: kinds that checks can make.
    """

    def task(call: Call) -> Outcome:
        with cluster_from(call.options) as cluster:
            state = call.options["state"]
            if state == "cleaned":
                return _clean(cluster, call)
            return _open(cluster, call, made=made) if state == "opened" else _seal(cluster, call, made=made)

    return Entry(task=task, argument_spec=RUN_SPEC, required_if=(("state", "sealed", ("run_dir",)),))


def _open(cluster: Cluster, call: Call, *, made: Collection[Kind]) -> Outcome:
    options = call.options
    spec = specification(options["specifications"], asked=options["kubernetes_version"], server=cluster.get("/version"))
    runs = Path(options["runs_dir"]).absolute()
    if call.check_mode:
        return Outcome(changed=True, values={"run_id": "", "run_dir": str(runs / "not-opened-in-check-mode"), "spec": dump(spec)})
    namespaces = options["component_namespaces"]
    run, opened = open_run(cluster, runs=runs, spec=spec, settings=options["settings"], component_namespaces=namespaces, made=made)
    values = {"run_id": opened.run_id, "run_dir": str(run.path), "spec": dump(spec), "cluster": dump(opened.cluster)}
    return Outcome(changed=True, values=values)


def _seal(cluster: Cluster, call: Call, *, made: Collection[Kind]) -> Outcome:
    run = RunDirectory(Path(call.options["run_dir"]).absolute())
    changed, values = not run.is_sealed, {"run_id": run.path.name, "run_dir": str(run.path)}
    if call.check_mode:
        return Outcome(changed=changed, values=values)
    document = seal_run(cluster, run, made=made) if changed else read(Run, run.run_file)
    return Outcome(changed=changed, values={**values, "run": dump(document)})


def _clean(cluster: Cluster, call: Call) -> Outcome:
    options = call.options
    paths = [Path(options["run_dir"])] if options["run_dir"] else _runs(Path(options["runs_dir"]))
    cleaned, problems = list[Cleaned](), list[ConformanceError]()
    for path in paths:
        try:
            cleaned.append(clean_run(cluster, RunDirectory(path), seconds=options["cleanup_seconds"], dry=call.check_mode))
        except ConformanceError as problem:
            problems.append(problem)
    if problems:
        raise problems[0]
    return Outcome(changed=any(item.removed or item.restored for item in cleaned), values={"cleaned": [dump(item) for item in cleaned]})


def _runs(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if RUN_ID.fullmatch(path.name)) if folder.is_dir() else []


def specification(known: Sequence[Mapping[str, str]], *, asked: str | None, server: Mapping[str, JSON]) -> SpecRef:
    """The checklist to work by.

    Args:
        known: the checklists of the collection.
        asked: ``v1.34`` or ``1.34``; None for the cluster's own version.
        server: the answer of ``/version``.

    Raises:
        ConformanceError: there is none for that version.
    """
    minor = "".join(char for char in str(server.get("minor", "")) if char.isdigit())
    wanted = f"v{asked.removeprefix('v')}" if asked else f"v{server.get('major')}.{minor}"
    found = next((item for item in known if item["kubernetes_version"] == wanted), None)
    if found is None:
        raise ConformanceError(
            what="choosing the checklist",
            found=f"none for Kubernetes {wanted}",
            expected=f"one of {', '.join(item['kubernetes_version'] for item in known) or 'those in specs/'}",
            look="the option kubernetes_version",
        )
    return SpecRef(kubernetes_version=found["kubernetes_version"], file=found["file"], sha256=found["sha256"])
