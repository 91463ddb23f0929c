# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds that the tests' API server knows, and what it says of them when a client asks what there is."""

from __future__ import annotations

import re
from typing import Any

JSON = Any
Answer = tuple[int, JSON]

KINDS = {
    "namespaces": "Namespace",
    "nodes": "Node",
    "pods": "Pod",
    "events": "Event",
    "serviceaccounts": "ServiceAccount",
    "configmaps": "ConfigMap",
    "services": "Service",
    "secrets": "Secret",
    "gatewayclasses": "GatewayClass",
    "gateways": "Gateway",
    "httproutes": "HTTPRoute",
    "referencegrants": "ReferenceGrant",
    "clusterroles": "ClusterRole",
    "clusterrolebindings": "ClusterRoleBinding",
    "customresourcedefinitions": "CustomResourceDefinition",
    "deployments": "Deployment",
    "daemonsets": "DaemonSet",
    "applicationinstallations": "ApplicationInstallation",
    "deviceclasses": "DeviceClass",
    "resourceclaims": "ResourceClaim",
    "resourceclaimtemplates": "ResourceClaimTemplate",
    "resourceslices": "ResourceSlice",
    "machinedeployments": "MachineDeployment",
    "machinesets": "MachineSet",
    "machines": "Machine",
}
APIS = {
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    "Deployment": "apps/v1",
    "DaemonSet": "apps/v1",
    "ApplicationInstallation": "apps.kubermatic.k8c.io/v1",
    **dict.fromkeys(("GatewayClass", "Gateway", "HTTPRoute"), "gateway.networking.k8s.io/v1"),
    "ReferenceGrant": "gateway.networking.k8s.io/v1beta1",
    **dict.fromkeys(("DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"), "resource.k8s.io/v1"),
    **dict.fromkeys(("MachineDeployment", "MachineSet", "Machine"), "cluster.k8s.io/v1alpha1"),
}
_RBAC = ("ClusterRole", "ClusterRoleBinding")
NOT_NAMESPACED = frozenset({"Namespace", "Node", *_RBAC, "CustomResourceDefinition", "DeviceClass", "GatewayClass", "ResourceSlice"})
PATH = re.compile(
    r"/(?:api|apis/[^/]+)/v1(?:(?:alpha|beta)1)?(?:/namespaces/(?P<space>[^/]+)(?=/[a-z]))?/(?P<plural>[a-z]+)(?:/(?P<name>[^/]+))?(?:/(?P<sub>[a-z]+))?"
)


def group(api_version: str) -> JSON:
    """A group as aggregated discovery tells of it (KEP-3352)."""
    group, _, version = api_version.rpartition("/")
    resources = [
        {
            "resource": plural,
            "responseKind": {"kind": kind},
            "scope": "Cluster" if kind in NOT_NAMESPACED else "Namespaced",
            "verbs": ["create", "get", "list", "watch"],
        }
        for plural, kind in KINDS.items()
        if APIS.get(kind, "v1") == api_version
    ]
    return {"metadata": {"name": group} if group else {}, "versions": [{"version": version, "resources": resources}]}


def resources(api_version: str) -> Answer | None:
    """A group as clients ask that know no aggregated discovery."""
    kinds = {plural: kind for plural, kind in KINDS.items() if APIS.get(kind, "v1") == api_version}
    verbs = ["create", "get", "list", "watch"]
    found = [{"name": plural, "kind": kind, "namespaced": kind not in NOT_NAMESPACED, "verbs": verbs} for plural, kind in kinds.items()]
    content = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version, "resources": found}
    return (200, content) if kinds else None


def named(api_version: str) -> JSON:
    """A group as the list of groups tells of it."""
    version = {"groupVersion": api_version, "version": api_version.rpartition("/")[2]}
    return {"name": api_version.partition("/")[0], "versions": [version], "preferredVersion": version}
