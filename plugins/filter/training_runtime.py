# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that makes a ClusterTrainingRuntime of what people say about one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

JSON = Any

_WORDS = ("auto", "cpu", "gpu")
_TRAINER = {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}


def training_runtime(runtime: Mapping[str, JSON]) -> JSON:
    """A ClusterTrainingRuntime with one job whose pods a TrainJob may change (Kubeflow Trainer API, trainer.kubeflow.org/v1alpha1).

    Args:
        runtime: ``name``, ``image``, and as one likes ``nodes``, ``processes``, ``command``, ``resources`` and ``tolerations``.

    Raises:
        AnsibleFilterError: processes are neither a number nor a word that Trainer knows.
    """
    container = {"name": "node", "image": runtime["image"], **_given(runtime, "command", "resources")}
    pod = {"containers": [container], **_given(runtime, "tolerations")}
    job = {"name": "node", "template": {"metadata": {"labels": _TRAINER}, "spec": {"template": {"spec": pod}}}}
    policy: dict[str, JSON] = {"numNodes": runtime.get("nodes") or 1}
    labels = {}
    if runtime.get("processes"):
        policy["torch"] = {"numProcPerNode": _processes(runtime)}
        labels = {"trainer.kubeflow.org/framework": "torch"}
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "ClusterTrainingRuntime",
        "metadata": {"name": runtime["name"], "labels": labels},
        "spec": {"mlPolicy": policy, "template": {"spec": {"replicatedJobs": [job]}}},
    }


def _given(runtime: Mapping[str, JSON], *names: str) -> dict[str, JSON]:
    return {name: runtime[name] for name in names if runtime.get(name)}


def _processes(runtime: Mapping[str, JSON]) -> int | str:
    found = str(runtime["processes"])
    if found.isdecimal():
        return int(found)
    if found not in _WORDS:
        raise AnsibleFilterError(
            f"kubeflow_runtimes, {runtime['name']}: found processes {found!r}, expected a number, {', '.join(_WORDS[:-1])} or {_WORDS[-1]}"
        )
    return found


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, Callable[..., JSON]]:
        """By name."""
        return {"training_runtime": training_runtime}
