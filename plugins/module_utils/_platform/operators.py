# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators of AI workloads whose custom resources the checks can make: Kubeflow Trainer and JobSet. Pure.

Each resource is a small job with one pod. Beside the sound one there are the ones that must be refused: ``unsound`` passes the schema and
makes no sense, ``malformed`` does not pass the schema. Source: API references trainer.kubeflow.org/v1alpha1, jobset.x-k8s.io/v1alpha2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from . import kinds
from .kinds import Kind
from .manifests import Manifest
from .probes import Probe, pod_spec

JSON = Any

TRAIN_JOB = Kind("TrainJob", "trainer.kubeflow.org/v1alpha1", "trainjobs", namespaced=True)
TRAINING_RUNTIME = Kind("TrainingRuntime", "trainer.kubeflow.org/v1alpha1", "trainingruntimes", namespaced=True)
CLUSTER_TRAINING_RUNTIME = Kind("ClusterTrainingRuntime", "trainer.kubeflow.org/v1alpha1", "clustertrainingruntimes", namespaced=False)
JOB_SET = Kind("JobSet", "jobset.x-k8s.io/v1alpha2", "jobsets", namespaced=True)

_ELSEWHERE = "kueue.x-k8s.io/multikueue"
"""A manager that both operators leave resources to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a custom resource is to run.

    Attributes:
        image: with a shell.
        script: of its one container.
        tolerations: of its pod.
        affinity: of its pod.
        labels: of everything that is made for it.
        suspended: whether it waits.
        elsewhere: whether it is left to another controller.
        runtime: name of the TrainingRuntime, for Kubeflow Trainer.
    """

    image: str
    script: str
    tolerations: Sequence[Mapping[str, JSON]] = ()
    affinity: JSON = None
    labels: Mapping[str, str] = field(default_factory=dict)
    suspended: bool = False
    elsewhere: bool = False
    runtime: str = ""

    def pod(self) -> JSON:
        """The spec of its pod."""
        probe = Probe(containers=("node",), command=("sh", "-c", self.script))
        return pod_spec(probe, image=self.image, tolerations=self.tolerations, affinity=self.affinity)


class Operator(ABC):
    """An operator with its main custom resource.

    Attributes:
        name: for options.
        title: for people.
        kind: of the resource.
        child: of what it makes for a resource, and owns by it.
        succeeded: type of the condition of a resource that has done its work.
        failed: type of the condition of one that never will.
        default: path of a field that is filled in where it is left out, with the value.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    kind: ClassVar[Kind]
    child: ClassVar[Kind]
    succeeded: ClassVar[str]
    failed: ClassVar[str]
    default: ClassVar[tuple[tuple[str, ...], str]]

    def support(self, _task: Task, /) -> tuple[Manifest, ...]:
        """What has to be there before a resource."""
        return ()

    @abstractmethod
    def sound(self, task: Task) -> Manifest:
        """A resource that is in order."""

    @abstractmethod
    def unsound(self, task: Task) -> Manifest:
        """A resource that passes the schema and cannot work."""

    @abstractmethod
    def malformed(self, task: Task) -> Manifest:
        """A resource that does not pass the schema."""

    @abstractmethod
    def explicit(self, task: Task) -> Manifest:
        """A sound resource in which the field of ``default`` says something else."""


class Trainer(Operator):
    """Kubeflow Trainer v2: a TrainJob runs by a TrainingRuntime, through a JobSet."""

    name = "trainer"
    title = "Kubeflow Trainer"
    kind = TRAIN_JOB
    child = JOB_SET
    succeeded = "Complete"
    failed = "Failed"
    default = (("spec", "managedBy"), "trainer.kubeflow.org/trainjob-controller")

    def support(self, task: Task, /) -> tuple[Manifest, ...]:
        """The TrainingRuntime: one job of one pod, whose container is called node."""
        labels = {**task.labels, "trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}
        template = {"metadata": {"labels": dict(task.labels)}, "spec": task.pod()}
        job = {"name": "node", "template": {"metadata": {"labels": labels}, "spec": {"backoffLimit": 0, "template": template}}}
        spec = {"mlPolicy": {"numNodes": 1}, "template": {"metadata": {"labels": dict(task.labels)}, "spec": {"replicatedJobs": [job]}}}
        return (Manifest(kind=TRAINING_RUNTIME, fields={"spec": spec}),)

    def sound(self, task: Task) -> Manifest:
        """A TrainJob by the runtime."""
        return self._job(task, runtime=task.runtime)

    def unsound(self, task: Task) -> Manifest:
        """A TrainJob that overrides a job which its runtime does not have."""
        override = {"targetJobs": [{"name": "ghost"}], "spec": {"nodeSelector": {"none": "none"}}}
        return self._job(task, runtime=task.runtime, podTemplateOverrides=[override])

    def malformed(self, task: Task) -> Manifest:
        """A TrainJob that is managed by a stranger."""
        return self._job(task, runtime=task.runtime, managedBy="none.ai-conformance.invalid/nobody")

    def explicit(self, task: Task) -> Manifest:
        """A TrainJob that is left to another controller."""
        return self._job(task, runtime=task.runtime, managedBy=_ELSEWHERE)

    @staticmethod
    def _job(task: Task, *, runtime: str, **more: JSON) -> Manifest:
        spec: dict[str, JSON] = {
            "runtimeRef": {"apiGroup": "trainer.kubeflow.org", "kind": "TrainingRuntime", "name": runtime},
            "trainer": {"image": task.image, "command": ["sh", "-c", task.script]},
            "suspend": task.suspended,
            **({"managedBy": _ELSEWHERE} if task.elsewhere else {}),
            **more,
        }
        return Manifest(kind=TRAIN_JOB, fields={"spec": spec})


class JobSets(Operator):
    """JobSet: groups of Jobs that belong together."""

    name = "jobset"
    title = "JobSet"
    kind = JOB_SET
    child = kinds.JOB
    succeeded = "Completed"
    failed = "Failed"
    default = (("spec", "startupPolicy", "startupPolicyOrder"), "AnyOrder")

    def sound(self, task: Task) -> Manifest:
        """A JobSet of one Job."""
        return self._set(task)

    def unsound(self, task: Task) -> Manifest:
        """A JobSet whose success hangs on a Job that it does not have."""
        return self._set(task, successPolicy={"operator": "All", "targetReplicatedJobs": ["ghost"]})

    def malformed(self, task: Task) -> Manifest:
        """A JobSet with an operator that the schema does not know."""
        return self._set(task, successPolicy={"operator": "Most"})

    def explicit(self, task: Task) -> Manifest:
        """A JobSet whose Jobs start in order."""
        return self._set(task, startupPolicy={"startupPolicyOrder": "InOrder"})

    @staticmethod
    def _set(task: Task, **more: JSON) -> Manifest:
        template = {"metadata": {"labels": dict(task.labels)}, "spec": task.pod()}
        job = {"metadata": {"labels": dict(task.labels)}, "spec": {"backoffLimit": 0, "template": template}}
        spec: dict[str, JSON] = {
            "replicatedJobs": [{"name": "node", "replicas": 1, "template": job}],
            "suspend": task.suspended,
            **({"managedBy": _ELSEWHERE} if task.elsewhere else {}),
            **more,
        }
        return Manifest(kind=JOB_SET, fields={"spec": spec})


OPERATORS: Mapping[str, Operator] = {operator.name: operator for operator in (Trainer(), JobSets())}
"""By name, the richest first."""


def owned(items: Sequence[JSON], *, uid: str) -> list[JSON]:
    """The objects among some that are owned by the one with this UID."""
    return [item for item in items if any(owner.get("uid") == uid for owner in item["metadata"].get("ownerReferences") or [])]


def value_at(item: JSON, path: Sequence[str]) -> JSON:
    """A field of an object; None where it is not there."""
    for key in path:
        item = item.get(key) if isinstance(item, Mapping) else None
    return item
