# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least privileges with which checks can be run, as a ClusterRole. Pure.

It is a ClusterRole because the namespaces of a run have names that nobody knows before. Source: RBAC documentation, ClusterRole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import Right

JSON = Any

_KUBE_SYSTEM: JSON = {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"], "resourceNames": ["kube-system"]}
"""Its UID tells clusters apart."""

_REVIEWS: JSON = {"apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews"], "verbs": ["create"]}
"""Everybody may ask what they may; where that was taken away, it has to be given."""


def rules(rights: Iterable[Right]) -> list[JSON]:
    """Rules that allow these rights and nothing else, one for each set of verbs on an API group."""
    verbs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for right in rights:
        verbs[right.kind.group, right.resource].add(right.verb)
    together: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (group, resource), allowed in sorted(verbs.items()):
        together[group, tuple(sorted(allowed))].append(resource)
    found = [{"apiGroups": [group], "resources": sorted(names), "verbs": list(allowed)} for (group, allowed), names in together.items()]
    return [_KUBE_SYSTEM, _REVIEWS, *found]


def cluster_role(name: str, rights: Iterable[Right]) -> JSON:
    """A ClusterRole with these rights.

    Args:
        name: of the role.
        rights: what it allows.
    """
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules(rights)}
