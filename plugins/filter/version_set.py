# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that picks the versions of the platform for a cluster."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

_OCI = "oci://"
_REGISTRY = re.compile(r"[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._-]+)*")


def version_set(sets: Mapping[str, Any], kubernetes: str, registry: str = "") -> dict[str, Any]:
    """The set for a version of Kubernetes.

    Args:
        sets: minor version of Kubernetes → role → ``charts`` and ``images``.
        kubernetes: ``1.34``, ``v1.34`` or ``v1.34.4``.
        registry: put before every image and every OCI chart. Charts of a classic repository are expected in it as OCI charts too.

    Raises:
        AnsibleFilterError: no set for that version, or a registry that is not one.
    """
    minor = ".".join(str(kubernetes).removeprefix("v").split(".")[:2])
    if minor not in sets:
        raise AnsibleFilterError(
            f"platform_versions_kubernetes: found {kubernetes!r}; expected one of {', '.join(sorted(sets))}. "
            "The sets of versions are in roles/platform_versions/vars/main.yml."
        )
    if registry and not _REGISTRY.fullmatch(registry):
        raise AnsibleFilterError(f"platform_versions_registry: found {registry!r}; expected HOST[:PORT][/PATH] without a scheme.")
    return {role: _placed(parts, registry) for role, parts in sets[minor].items()}


def _placed(parts: Mapping[str, Mapping[str, Any]], registry: str) -> dict[str, Any]:
    """The charts and images of a role, below the registry where there is one."""
    if not registry:
        return dict(parts)
    charts = {name: {**chart, "repository": _mirrored(chart["repository"], registry)} for name, chart in parts.get("charts", {}).items()}
    images = {name: {**image, "repository": f"{registry}/{image['repository']}"} for name, image in parts.get("images", {}).items()}
    return {**parts, "charts": charts, "images": images}


def _mirrored(repository: str, registry: str) -> str:
    """Where a mirror has a repository's charts: always as OCI artefacts, since that is what a registry holds."""
    return f"{_OCI}{registry}/{repository.partition('://')[2].rstrip('/')}"


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """By name."""
        return {"version_set": version_set}
