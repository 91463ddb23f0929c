# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods that controllers make from a template: restricted, with a script, and with accelerators where they ask for some. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

JSON = Any

CONTAINER = "member"
"""Name of the one container."""

FOLDER = "/work"
"""Where a script may write."""

PORT = 8080
"""Where a script may serve."""

STAY = "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"
"""A script that does nothing until it is told to end, and ends at once then."""


def asking_to_be_scraped(*, port: int, path: str) -> dict[str, str]:
    """Annotations by which a pod asks for its metrics to be collected."""
    return {"prometheus.io/scrape": "true", "prometheus.io/port": str(port), "prometheus.io/path": path}


@dataclass(frozen=True, slots=True, kw_only=True)
class PodTemplate:
    """What a pod is to be.

    Attributes:
        image: with a shell and what the script calls.
        script: for ``sh -c``; it may write in FOLDER and serve at its port.
        command: in place of the script, where it is not empty.
        port: where it serves.
        ready_path: what answers there once it serves; ready as soon as it runs where this is empty.
        env: variables of the script.
        resources: extended resources that it asks for, ``nvidia.com/gpu`` → 1.
        cpu: processor that it asks for.
        memory: that it may use; as much as it likes where this is empty.
        claim_template: ResourceClaimTemplate whose claim it uses; empty for none.
        tolerations: of the pod.
        node_selector: labels that its node must have.
        affinity: of the pod.
        gates: names of scheduling gates; it waits until they are gone (KEP-3521).
        labels: of the pod.
        annotations: of the pod.
        scheduler: schedulerName; empty for the default one.
        restart: restartPolicy.
    """

    image: str
    script: str = STAY
    command: Sequence[str] = ()
    port: int = PORT
    ready_path: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, int] = field(default_factory=dict)
    cpu: str = "1m"
    memory: str = "256Mi"
    claim_template: str = ""
    tolerations: Sequence[Mapping[str, JSON]] = ()
    node_selector: Mapping[str, str] = field(default_factory=dict)
    affinity: JSON = None
    gates: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    scheduler: str = ""
    restart: str = "Never"

    def as_json(self, *, labels: Mapping[str, str]) -> JSON:
        """A PodTemplateSpec.

        Args:
            labels: of the run, beside those of the template.
        """
        metadata: JSON = {"labels": {**labels, **self.labels}}
        if self.annotations:
            metadata["annotations"] = dict(self.annotations)
        return {"metadata": metadata, "spec": self.spec()}

    def spec(self) -> JSON:
        """The PodSpec."""
        optional: JSON = {
            "nodeSelector": dict(self.node_selector),
            "affinity": self.affinity,
            "schedulingGates": [{"name": name} for name in self.gates],
            "schedulerName": self.scheduler,
            "resourceClaims": [{"name": "devices", "resourceClaimTemplateName": self.claim_template}] if self.claim_template else [],
        }
        return {
            "restartPolicy": self.restart,
            # 0 would remove the pod from the API before its containers have ended, with its devices still in use.
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "tolerations": [dict(toleration) for toleration in self.tolerations],
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65532,
                "runAsGroup": 65532,
                "fsGroup": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "volumes": [{"name": "work", "emptyDir": {}}],
            "containers": [self._container()],
            **{name: value for name, value in optional.items() if value},
        }

    def _container(self) -> JSON:
        extended = {name: str(count) for name, count in self.resources.items()}
        limits = {**({"memory": self.memory} if self.memory else {}), **extended}
        resources: JSON = {"requests": {"cpu": self.cpu, "memory": "8Mi", **extended}, "limits": limits}
        if self.claim_template:
            resources["claims"] = [{"name": "devices"}]
        ready = {"httpGet": {"path": self.ready_path, "port": "http"}, "periodSeconds": 1}
        return {
            "name": CONTAINER,
            "image": self.image,
            "imagePullPolicy": "IfNotPresent",
            "command": list(self.command) or ["sh", "-c", self.script],
            "env": [{"name": name, "value": value} for name, value in self.env.items()],
            "ports": [{"name": "http", "containerPort": self.port}],
            **({"readinessProbe": ready} if self.ready_path else {}),
            "resources": resources,
            "volumeMounts": [{"name": "work", "mountPath": FOLDER}],
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
