# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that the tests put into the cluster, and reading what came of them."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.standing import Lab

IMAGE = "docker.io/library/busybox:1.35.0"
TOLERATION = {"key": "nvidia.com/gpu", "operator": "Exists"}


def pod(
    name: str, command: str, *, node: str | None = None, claim: str | None = None, labels: dict[str, str] | None = None
) -> dict[str, Any]:
    """A pod of one container that runs a shell command.

    Args:
        node: the host name that it must run on.
        claim: the ResourceClaim that it uses.
    """
    spec: dict[str, Any] = {
        "terminationGracePeriodSeconds": 0,
        "restartPolicy": "Never",
        "tolerations": [TOLERATION],
        "containers": [{"name": "c", "image": IMAGE, "command": ["/bin/sh", "-c", command]}],
    }
    if node:
        spec["nodeSelector"] = {"kubernetes.io/hostname": node}
    if claim:
        spec["resourceClaims"] = [{"name": "gpu", "resourceClaimName": claim}]
        spec["containers"][0]["resources"] = {"claims": [{"name": "gpu"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels or {}}, "spec": spec}


def claim(name: str) -> dict[str, Any]:
    """A claim for one GPU."""
    request = {"name": "gpu", "exactly": {"deviceClassName": "gpu.nvidia.com", "allocationMode": "ExactCount", "count": 1}}
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": {"name": name},
        "spec": {"devices": {"requests": [request]}},
    }


def service(name: str, *, port: int) -> dict[str, Any]:
    """A Service in front of the pods whose label app is its name."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": port}]},
    }


class Workload:
    """Objects in the default namespace that go when the block ends."""

    def __init__(self, lab: Lab, *objects: dict[str, Any]) -> None:
        self._lab = lab
        self._text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        self._pods = [found["metadata"]["name"] for found in objects if found["kind"] == "Pod"]

    def __enter__(self) -> None:
        self._lab.kubectl("apply", "-f", "-", stdin=self._text)
        try:
            self._lab.kubectl("wait", "--for=condition=Ready", "--timeout=60s", *(f"pod/{name}" for name in self._pods))
        except AssertionError as error:
            # Why they are not ready is gone with them.
            error.add_note(self._lab.kubectl("describe", *(f"pod/{name}" for name in self._pods)))
            self._remove()
            raise

    def __exit__(self, *_: object) -> None:
        self._remove()

    def _remove(self) -> None:
        self._lab.kubectl("delete", "--ignore-not-found", "--wait", "--timeout=60s", "-f", "-", stdin=self._text)
