# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be wished of a cluster: which fields KKP returns, which it can change, and which it only takes.

Source: research of KKP 2.29's create, patch and read handlers. KKP ignores what it does not know, so unknown names are refused here.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .difference import patch_of, whole
from .errors import OptionError

JSON = Any

_CHANGEABLE = frozenset(
    {
        "admissionPlugins",
        "apiServerAllowedIPRanges",
        "auditLogging",
        "backupConfig",
        "cniPlugin",
        "containerRuntime",
        "disableCsiDriver",
        "encryptionConfiguration",
        "eventRateLimitConfig",
        "exposeStrategy",
        "kubelb",
        "kubernetesDashboard",
        "kyverno",
        "machineNetworks",
        "mla",
        "oidc",
        "opaIntegration",
        "podNodeSelectorAdmissionPluginConfig",
        "serviceAccount",
        "updateWindow",
        "useEventRateLimitAdmissionPlugin",
        "usePodNodeSelectorAdmissionPlugin",
    }
)
_CHANGEABLE_NETWORK = frozenset({"proxyMode", "konnectivityEnabled"})
_FIXED = frozenset({"clusterNetwork", "enableUserSSHKeyAgent"})

_CREDENTIALS = frozenset(
    {
        "accessKeyID",
        "applicationCredentialID",
        "applicationCredentialSecret",
        "clientID",
        "clientSecret",
        "credentialsReference",
        "kubeconfig",
        "password",
        "secretAccessKey",
        "serviceAccount",
        "token",
        "username",
    }
)

_PUBLIC_CLOUD: Mapping[str, frozenset[str]] = {
    "openstack": frozenset(
        {
            "domain",
            "floatingIPPool",
            "network",
            "nodePortsAllowedIPRanges",
            "project",
            "projectID",
            "routerID",
            "securityGroups",
            "subnetID",
        }
    ),
}
"""Fields of spec.cloud that KKP returns. Of another provider, those are compared that a cluster shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A cluster against the wish.

    Attributes:
        patch: what KKP can change, as a merge patch; empty for nothing.
        fixed: paths of fields that differ and that KKP cannot change.
        unseen: paths of fields that KKP takes but never returns, so that nobody can tell whether they differ.
    """

    patch: dict[str, JSON]
    fixed: list[str]
    unseen: list[str]


def check(*, spec: Mapping[str, JSON], cloud: Mapping[str, JSON]) -> None:
    """Holds the names of fields against what KKP knows.

    Raises:
        OptionError: an unknown field, one that has an option of its own, or a credential outside of cloud_credentials.
    """
    known = sorted(_CHANGEABLE | _FIXED)
    own = {"version": "version", "cloud": "cloud"}
    for key in spec:
        if key in own:
            raise OptionError(what=f"option spec.{key}", found="a field", expected=f"the option {own[key]} instead", look="the examples")
        if key == "features":
            raise OptionError(
                what="option spec.features",
                found="a field",
                expected="no such field: the REST API neither takes nor returns feature flags",
                look="the Cluster object on the seed, the only place where they can be set",
            )
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            raise OptionError(what=f"option spec.{key}", found="a field that KKP ignores", expected=hint, look="the KKP API, ClusterSpec")
    secret = sorted(_CREDENTIALS & set(cloud))
    if secret:
        raise OptionError(
            what=f"option cloud.{secret[0]}",
            found="a credential",
            expected="it under cloud_credentials, which no output shows, or a preset",
            look="the examples",
        )


def compare(
    current: Mapping[str, JSON],
    *,
    labels: Mapping[str, JSON] | None,
    annotations: Mapping[str, JSON] | None,
    spec: Mapping[str, JSON],
    provider: str,
    cloud: Mapping[str, JSON],
) -> Difference:
    """Holds a cluster against the wish. Labels are wished for as a whole, everything else field by field.

    Args:
        current: the cluster as KKP returned it.
        labels: None to leave them alone.
        annotations: the same.
        spec: fields of ClusterSpec.
        provider: key of spec.cloud.
        cloud: fields below it.
    """
    wanted: dict[str, JSON] = {}
    if labels is not None:
        wanted["labels"] = whole(current.get("labels"), labels)
    if annotations is not None:
        wanted["annotations"] = dict(annotations)
    have = current.get("spec") or {}
    shown = (have.get("cloud") or {}).get(provider) or {}
    public = _PUBLIC_CLOUD.get(provider, frozenset(shown))
    wanted_spec = {key: value for key, value in spec.items() if key in _CHANGEABLE}
    network = {key: value for key, value in (spec.get("clusterNetwork") or {}).items() if key in _CHANGEABLE_NETWORK}
    if network:
        wanted_spec["clusterNetwork"] = network
    # KKP fills an empty field of the cloud by itself, a network for instance: only a wish with a value is compared.
    clouds = {key: value for key, value in cloud.items() if key in public and value}
    if clouds:
        wanted_spec["cloud"] = {provider: clouds}
    wanted["spec"] = wanted_spec
    rest = {key: value for key, value in spec.items() if key in _FIXED}
    if "clusterNetwork" in rest:
        rest["clusterNetwork"] = {key: value for key, value in rest["clusterNetwork"].items() if key not in _CHANGEABLE_NETWORK}
    return Difference(
        patch=patch_of(current, wanted),
        fixed=[f"spec.{path}" for path in _paths(patch_of(have, rest))],
        unseen=[f"spec.cloud.{provider}.{key}" for key in sorted(cloud) if key not in public],
    )


def _paths(patch: Mapping[str, JSON]) -> list[str]:
    paths: list[str] = []
    for key, value in patch.items():
        paths += [f"{key}.{inner}" for inner in _paths(value)] if isinstance(value, Mapping) else [key]
    return paths
