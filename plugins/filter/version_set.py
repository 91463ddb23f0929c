# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters on the pinned versions of the platform: pick the set for a cluster, list what it holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
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


def version_references(versions: Mapping[str, Any], roles: Sequence[str], registry: str = "") -> list[dict[str, str]]:
    """What some roles install, in full.

    Args:
        versions: role → ``charts`` and ``images``, with upstream's names.
        roles: some of them; others are passed over.
        registry: where it is to lie.

    Returns:
        ``role``, ``kind``, ``from`` and ``to`` of each chart and image.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for role in roles:
        upstream, wanted = versions.get(role, {}), _placed(versions.get(role, {}), registry)
        for kind, refer in (("chart", _chart), ("image", _image)):
            for name, entry in upstream.get(f"{kind}s", {}).items():
                reference = refer(name, entry)
                target = refer(name, wanted[f"{kind}s"][name])
                found.setdefault((kind, reference), {"role": role, "kind": kind, "from": reference, "to": target})
    return sorted(found.values(), key=lambda entry: entry["kind"])


def _chart(name: str, entry: Mapping[str, str]) -> str:
    return f"{entry['repository'].rstrip('/')}/{name}:{entry['version']}"


def _image(_: str, entry: Mapping[str, str]) -> str:
    return f"{entry['repository']}:{entry['tag']}"


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
        return {"version_set": version_set, "version_references": version_references}
