# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the DaemonSets that register DRA drivers with kubelets. Pure.

Nothing in the API says which pod serves a driver, but it can only do so through two folders of its node: the kubelet's registry of
plugins, and one of the folders in which container runtimes look for CDI specifications. CSI plugins mount the first and not the second.
Source: KEP-4381 (kubelet plugin registration), Container Device Interface specification (paths).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .pods import is_ready

JSON = Any

_CDI_FOLDERS = frozenset({"/var/run/cdi", "/run/cdi", "/etc/cdi"})


def registers_driver(daemon_set: JSON) -> bool:
    """Whether a DaemonSet's pods can register a DRA driver."""
    volumes = (((daemon_set.get("spec") or {}).get("template") or {}).get("spec") or {}).get("volumes") or []
    paths = {str((volume.get("hostPath") or {}).get("path") or "").rstrip("/") for volume in volumes}
    return any(path.endswith("/plugins_registry") for path in paths) and bool(paths & _CDI_FOLDERS)


def ready_nodes(daemon_sets: Iterable[JSON], pods: Iterable[JSON]) -> frozenset[str]:
    """The nodes on which a pod of one of the DaemonSets is ready and stays."""
    owners = {daemon_set["metadata"]["uid"] for daemon_set in daemon_sets}
    return frozenset(
        str(pod["spec"].get("nodeName"))
        for pod in pods
        if any(owner.get("uid") in owners for owner in pod["metadata"].get("ownerReferences") or [])
        and not pod["metadata"].get("deletionTimestamp")
        and is_ready(pod)
    )
