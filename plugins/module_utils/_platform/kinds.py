# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the API server keeps the kinds that a run reads or makes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object.

    Attributes:
        name: ``Pod``.
        api: ``v1`` or ``resource.k8s.io/v1``.
        plural: ``pods``.
        namespaced: whether its objects live in namespaces.
    """

    name: str
    api: str
    plural: str
    namespaced: bool

    def collection(self, namespace: str = "") -> str:
        """Path of the collection; of all namespaces when none is given."""
        root = f"/apis/{self.api}" if "/" in self.api else f"/api/{self.api}"
        return f"{root}/namespaces/{namespace}/{self.plural}" if namespace and self.namespaced else f"{root}/{self.plural}"

    def path(self, *, name: str, namespace: str = "") -> str:
        """Path of one object."""
        return f"{self.collection(namespace)}/{name}"


_DRA = "resource.k8s.io/v1"

NAMESPACE = Kind("Namespace", "v1", "namespaces", namespaced=False)
NODE = Kind("Node", "v1", "nodes", namespaced=False)
POD = Kind("Pod", "v1", "pods", namespaced=True)
EVENT = Kind("Event", "v1", "events", namespaced=True)
SERVICE_ACCOUNT = Kind("ServiceAccount", "v1", "serviceaccounts", namespaced=True)
DAEMON_SET = Kind("DaemonSet", "apps/v1", "daemonsets", namespaced=True)
DEVICE_CLASS = Kind("DeviceClass", _DRA, "deviceclasses", namespaced=False)
RESOURCE_CLAIM = Kind("ResourceClaim", _DRA, "resourceclaims", namespaced=True)
RESOURCE_CLAIM_TEMPLATE = Kind("ResourceClaimTemplate", _DRA, "resourceclaimtemplates", namespaced=True)
RESOURCE_SLICE = Kind("ResourceSlice", _DRA, "resourceslices", namespaced=False)

CREATED = (NAMESPACE, POD, RESOURCE_CLAIM, RESOURCE_CLAIM_TEMPLATE, DEVICE_CLASS)
"""What verifiers make. ResourceSlices are only sent as dry runs."""

BY_NAME = {kind.name: kind for kind in (*CREATED, NODE, EVENT, SERVICE_ACCOUNT, DAEMON_SET, RESOURCE_SLICE)}
