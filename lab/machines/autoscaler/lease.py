# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lease (coordination.k8s.io/v1): one stand-in at a time, and none where a real cluster-autoscaler is at work."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Sequence
from datetime import UTC, datetime

from lab.machines.kube import JSON, Kube, KubeError
from lab.machines.names import LEASES, NAMESPACE
from lab.machines.views import moment

_REAL = "cluster-autoscaler"


class Lease:
    """The stand-in's lease.

    Args:
        name: of the Lease object.
        seconds: for how long it holds without being renewed.
    """

    def __init__(self, kube: Kube, name: str, *, seconds: int) -> None:
        self._kube = kube
        self._name = name
        self._seconds = seconds
        self._identity = f"{socket.gethostname()}_{os.getpid()}_{secrets.token_hex(4)}"

    def hold(self, owners: Sequence[JSON] = ()) -> str:
        """Take or renew it; returns who holds it instead, empty where it is ours.

        Args:
            owners: whose end is its own (metav1.OwnerReference).
        """
        now = datetime.now(UTC)
        if real := holder(self._read(_REAL), now=now):
            return f"{_REAL} ({real})"
        found = self._read(self._name)
        other = holder(found, now=now)
        if other and other != self._identity:
            return other
        spec = {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": self._seconds,
            "renewTime": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        try:
            self._write(found, spec, owners)
        except KubeError as error:
            if error.stale:
                return "somebody who was faster"
            raise
        return ""

    def release(self) -> None:
        """Let the next one begin at once."""
        found = self._read(self._name)
        if found and found["spec"].get("holderIdentity") == self._identity:
            self._write(found, {"holderIdentity": "", "leaseDurationSeconds": 1}, found["metadata"].get("ownerReferences", ()))

    def _read(self, name: str) -> JSON | None:
        try:
            return self._kube.get(LEASES.path(name, namespace=NAMESPACE))
        except KubeError as error:
            if error.gone:
                return None
            raise

    def _write(self, found: JSON | None, spec: JSON, owners: Sequence[JSON]) -> None:
        meta: JSON = {"ownerReferences": list(owners)}
        if found is None:
            meta |= {"name": self._name, "namespace": NAMESPACE}
            body = {"apiVersion": LEASES.api_version, "kind": LEASES.kind, "metadata": meta, "spec": spec}
            self._kube.create(LEASES.path(namespace=NAMESPACE), body)
        else:
            meta |= {"resourceVersion": found["metadata"]["resourceVersion"]}
            self._kube.patch(LEASES.path(self._name, namespace=NAMESPACE), {"metadata": meta, "spec": spec})


def holder(lease: JSON | None, *, now: datetime) -> str:
    """Who holds a lease; empty where nobody does, or its time has run out."""
    spec = (lease or {}).get("spec") or {}
    if not spec.get("holderIdentity") or not spec.get("renewTime"):
        return ""
    age = (now - moment(spec["renewTime"])).total_seconds()
    return str(spec["holderIdentity"]) if age < spec.get("leaseDurationSeconds", 0) else ""
