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

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api.partition("/")[0] if "/" in self.api else ""

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


_DRA = "resource.k8s.io/v1"
_RBAC = "rbac.authorization.k8s.io/v1"
_ADMISSION = "admissionregistration.k8s.io/v1"

NAMESPACE = Kind("Namespace", "v1", "namespaces", namespaced=False)
NODE = Kind("Node", "v1", "nodes", namespaced=False)
POD = Kind("Pod", "v1", "pods", namespaced=True)
EVENT = Kind("Event", "v1", "events", namespaced=True)
SERVICE = Kind("Service", "v1", "services", namespaced=True)
SERVICE_ACCOUNT = Kind("ServiceAccount", "v1", "serviceaccounts", namespaced=True)
SECRET = Kind("Secret", "v1", "secrets", namespaced=True)
CONFIG_MAP = Kind("ConfigMap", "v1", "configmaps", namespaced=True)
SECRET = Kind("Secret", "v1", "secrets", namespaced=True)
DAEMON_SET = Kind("DaemonSet", "apps/v1", "daemonsets", namespaced=True)
DEPLOYMENT = Kind("Deployment", "apps/v1", "deployments", namespaced=True)
JOB = Kind("Job", "batch/v1", "jobs", namespaced=True)
LEASE = Kind("Lease", "coordination.k8s.io/v1", "leases", namespaced=True)
ENDPOINT_SLICE = Kind("EndpointSlice", "discovery.k8s.io/v1", "endpointslices", namespaced=True)
RUNTIME_CLASS = Kind("RuntimeClass", "node.k8s.io/v1", "runtimeclasses", namespaced=False)
ROLE = Kind("Role", _RBAC, "roles", namespaced=True)
ROLE_BINDING = Kind("RoleBinding", _RBAC, "rolebindings", namespaced=True)
CLUSTER_ROLE = Kind("ClusterRole", _RBAC, "clusterroles", namespaced=False)
CLUSTER_ROLE_BINDING = Kind("ClusterRoleBinding", _RBAC, "clusterrolebindings", namespaced=False)
CUSTOM_RESOURCE = Kind("CustomResourceDefinition", "apiextensions.k8s.io/v1", "customresourcedefinitions", namespaced=False)
VALIDATING_WEBHOOK = Kind("ValidatingWebhookConfiguration", _ADMISSION, "validatingwebhookconfigurations", namespaced=False)
MUTATING_WEBHOOK = Kind("MutatingWebhookConfiguration", _ADMISSION, "mutatingwebhookconfigurations", namespaced=False)
DEVICE_CLASS = Kind("DeviceClass", _DRA, "deviceclasses", namespaced=False)
RESOURCE_CLAIM = Kind("ResourceClaim", _DRA, "resourceclaims", namespaced=True)
RESOURCE_CLAIM_TEMPLATE = Kind("ResourceClaimTemplate", _DRA, "resourceclaimtemplates", namespaced=True)
RESOURCE_SLICE = Kind("ResourceSlice", _DRA, "resourceslices", namespaced=False)
