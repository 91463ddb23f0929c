# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that others rely on: API groups, labels, annotations and finalizers of machines (cluster.k8s.io/v1alpha1) and their paths."""

from __future__ import annotations

from dataclasses import dataclass

SIMULATED = "ailab.conformance/simulated"  # label of everything that is no hardware
GPU_POOL = "ailab.conformance/gpu-pool"  # label of a node: who hands its simulated GPUs out
GPU_COUNT = "ailab.conformance/simulated-gpus"  # label of a node: how many it has
ALLOCATIONS = ("dra", "device-plugin")  # never both over one device

GROUP = "cluster.k8s.io"
API_VERSION = f"{GROUP}/v1alpha1"
NAMESPACE = "kube-system"  # KKP keeps every machine of a user cluster here

NODE_MACHINE = f"{GROUP}/machine"  # annotation of a node: namespace/name of its machine
DELETE_FIRST = f"{GROUP}/delete-machine"  # annotation of a machine: goes first on the way down
MIN_SIZE = f"{GROUP}/cluster-api-autoscaler-node-group-min-size"
MAX_SIZE = f"{GROUP}/cluster-api-autoscaler-node-group-max-size"
UNNEEDED_TIME = f"{GROUP}/autoscaling-options-scaledownunneededtime"
CAPACITY = "capacity.cluster-autoscaler.kubernetes.io/"

TEMPLATE_HASH = "machine-template-hash"  # label of a machine set and its machines
NODE_OWNER = "machine-controller/owned-by"  # label of a node: uid of its machine
REVISION = "machinedeployment.clusters.k8s.io/revision"  # annotation of a machine set
NODE_FINALIZER = "ailab.conformance/machine-node"  # of a machine: its node is to be taken away first
SERVICE_NAME = "kubernetes.io/service-name"  # label of an EndpointSlice: its service
CONTROLLER = "ailab-machine-controller"


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object and where the API server keeps it."""

    group: str
    version: str
    plural: str
    kind: str

    @property
    def api_version(self) -> str:
        """As objects name it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, name: str = "", *, namespace: str = "", sub: str = "") -> str:
        """The URL path of an object, or without a name of the collection; without a namespace, of all namespaces."""
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if namespace:
            parts += ["namespaces", namespace]
        return "/" + "/".join(part for part in (*parts, self.plural, name, sub) if part)


DEPLOYMENTS = Resource(GROUP, "v1alpha1", "machinedeployments", "MachineDeployment")
SETS = Resource(GROUP, "v1alpha1", "machinesets", "MachineSet")
MACHINES = Resource(GROUP, "v1alpha1", "machines", "Machine")
NODES = Resource("", "v1", "nodes", "Node")
PODS = Resource("", "v1", "pods", "Pod")
SERVICES = Resource("", "v1", "services", "Service")
ENDPOINT_SLICES = Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice")
EVENTS = Resource("", "v1", "events", "Event")
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")
CLAIMS = Resource("resource.k8s.io", "v1", "resourceclaims", "ResourceClaim")
CLAIM_TEMPLATES = Resource("resource.k8s.io", "v1", "resourceclaimtemplates", "ResourceClaimTemplate")
SLICES = Resource("resource.k8s.io", "v1", "resourceslices", "ResourceSlice")
DEVICE_CLASSES = Resource("resource.k8s.io", "v1", "deviceclasses", "DeviceClass")
DEFINITIONS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition")
