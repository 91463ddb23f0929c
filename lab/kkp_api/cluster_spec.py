# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster's specification: what is required, what the lab's clusters are in any case, what may be changed, what is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.kkp_api.calls import JSON, merged, part
from lab.kkp_api.refusals import bad

PROVIDER = "openstack"
INITIAL_MACHINES = "kubermatic.io/initial-machinedeployment-request"
INITIAL_APPLICATIONS = "kubermatic.io/initial-application-installations-request"
_LONGEST_NAME = 100
# KKP shows only these of an OpenStack cluster's cloud settings; credentials and several others are written and never read.
_PUBLIC = (
    "floatingIPPool",
    "project",
    "projectID",
    "domain",
    "network",
    "securityGroups",
    "routerID",
    "subnetID",
    "nodePortsAllowedIPRanges",
)
_SECRETS = ("username", "password", "applicationCredentialID", "applicationCredentialSecret")
# How every cluster of this lab is made: shown as defaults, and refused where a request wants them otherwise, since it would not be true.
_FIXED: JSON = {
    "containerRuntime": "containerd",
    "cniPlugin": {"type": "none"},
    "exposeStrategy": "NodePort",
    "clusterNetwork": {
        "ipFamily": "IPv4",
        "dnsDomain": "cluster.local",
        "proxyMode": "nftables",
        "nodeLocalDNSCacheEnabled": False,
        "konnectivityEnabled": False,
        "nodeCidrMaskSizeIPv4": 24,
    },
    "kubernetesDashboard": {"enabled": False},
}
_NEVER: JSON = {
    "opaIntegration": {"enabled": False},
    "kyverno": {"enabled": False},
    "kubelb": {"enabled": False},
    "auditLogging": {"enabled": False},
    "usePodNodeSelectorAdmissionPlugin": False,
    "useEventRateLimitAdmissionPlugin": False,
    "encryptionConfiguration": {"enabled": False},
}
_PATCHABLE = (
    "cloud",
    "machineNetworks",
    "version",
    "oidc",
    "admissionPlugins",
    "updateWindow",
    "eventRateLimitConfig",
    "podNodeSelectorAdmissionPluginConfig",
    "serviceAccount",
    "mla",
    "containerRuntime",
    "cniPlugin",
    "exposeStrategy",
    "backupConfig",
    "kubernetesDashboard",
    "apiServerAllowedIPRanges",
    "disableCsiDriver",
    *_NEVER,
)


def validated(cluster: JSON, *, versions: tuple[str, ...]) -> JSON:
    """The specification of a cluster to create, with defaults; checks are in KKP's order (kkp.md 1.6).

    Args:
        cluster: the ``cluster`` of the request; its datacenter is known.

    Raises:
        RefusalError: 400 with the first thing that is wrong.
    """
    spec = part(cluster, "spec")
    if cluster.get("id"):
        raise bad("invalid cluster: the ID is read-only")
    if cluster.get("type") not in (None, "", "kubernetes"):
        raise bad(f"invalid cluster: unsupported cluster type {cluster['type']}")
    if not spec.get("version"):
        raise bad('invalid cluster: invalid cloud spec "Version" is required but was not specified')
    name = str(cluster.get("name") or "")
    if not name or len(name) > _LONGEST_NAME:
        raise bad(f"invalid cluster: the name is expected to have 1 to {_LONGEST_NAME} characters")
    if PROVIDER not in part(spec, "cloud"):
        raise bad("invalid cluster: invalid cloud spec: the datacenter's provider is openstack")
    _check_version(spec, versions)
    _check_truth(spec)
    defaults: JSON = {"oidc": {}, "enableUserSSHKeyAgent": False, **_FIXED}
    made: JSON = merged(defaults, {key: value for key, value in spec.items() if key != "features"})
    made["cloud"] = {**made["cloud"], "providerName": PROVIDER}
    return made


def patched(cluster: JSON, patch: JSON, *, versions: tuple[str, ...]) -> JSON:
    """A cluster after a merge patch; what cannot be patched stays as it is without a word, as in KKP.

    Raises:
        RefusalError: 400.
    """
    changed = merged({key: cluster[key] for key in ("name", "labels", "annotations")}, {key: patch[key] for key in _HEAD if key in patch})
    wanted = {key: value for key, value in part(patch, "spec").items() if key in _PATCHABLE}
    spec = merged(cluster["spec"], wanted)
    if part(patch, "spec").get("clusterNetwork"):
        _check_truth({"clusterNetwork": part(patch, "spec", "clusterNetwork")})
    name = changed.get("name")
    if not isinstance(name, str) or not name or len(name) > _LONGEST_NAME:
        raise bad("invalid cluster: the name is expected to have 1 to 100 characters")
    if spec["cloud"].get("dc") != cluster["spec"]["cloud"]["dc"]:
        raise bad("cluster validation failed: spec.cloud.dc: Invalid value: changing the datacenter is not allowed")
    if "version" in wanted:
        _check_version(spec, versions)
    _check_truth(wanted)
    return {**cluster, "name": name, "labels": changed.get("labels") or {}, "annotations": changed.get("annotations") or {}, "spec": spec}


_HEAD = ("name", "labels", "annotations")


def public_spec(spec: JSON) -> JSON:
    """What replies show of a specification."""
    cloud = spec["cloud"]
    shown = {key: cloud[PROVIDER][key] for key in _PUBLIC if key in cloud[PROVIDER]}
    return {**spec, "cloud": {"dc": cloud["dc"], "providerName": cloud["providerName"], PROVIDER: shown}}


def has_credentials(spec: JSON) -> bool:
    """Whether the request brings OpenStack credentials of its own."""
    settings = part(spec, "cloud", PROVIDER)
    return any(settings.get(key) for key in _SECRETS)


def _check_version(spec: JSON, versions: tuple[str, ...]) -> None:
    if str(spec["version"]).removeprefix("v") not in versions:
        raise bad(f"invalid cluster: invalid cloud spec: unsupported version {spec['version']}")
    spec["version"] = str(spec["version"]).removeprefix("v")


def _check_truth(spec: JSON) -> None:
    for path, wanted, have in _contradictions(spec, {**_FIXED, **_NEVER}):
        raise bad(
            f"cluster validation failed: spec.{path}: Unsupported value: {wanted!r}: "
            f"clusters of this lab have {have!r}; this is the lab's KKP API and no KKP"
        )
    for name in ("pods", "services"):
        if part(spec, "clusterNetwork", name).get("cidrBlocks"):
            raise bad(f"cluster validation failed: spec.clusterNetwork.{name}.cidrBlocks: Forbidden: the lab's address plan decides it")
    if spec.get("admissionPlugins"):
        raise bad("cluster validation failed: spec.admissionPlugins: Forbidden: clusters of this lab have Kubernetes' default plugins")


def _contradictions(wanted: Any, fixed: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(fixed, dict) and isinstance(wanted, dict):
        for key in fixed.keys() & wanted.keys():
            yield from _contradictions(wanted[key], fixed[key], f"{path}.{key}" if path else key)
    elif wanted not in (fixed, None, ""):
        yield path, wanted, fixed
