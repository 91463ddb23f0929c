# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events: what a controller did or could not do, where people look for it (core/v1 Event)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from lab.machines.kube import JSON, Kube, KubeError
from lab.machines.names import EVENTS
from lab.machines.views import written

_LONGEST_MESSAGE = 1024  # the API server's limit


class Events:
    """One controller's events.

    Args:
        component: the source that they name.
    """

    def __init__(self, kube: Kube, component: str) -> None:
        self._kube = kube
        self._component = component

    def tell(self, about: JSON, reason: str, message: str, *, kind: str = "", api_version: str = "", warning: bool = False) -> None:
        """Tell of an object; the same thing told again is counted.

        Args:
            about: the object; ``kind`` and ``api_version`` where its JSON lacks them, as in a list.
        """
        meta = about["metadata"]
        namespace = meta.get("namespace", "default")
        involved = {
            "apiVersion": about.get("apiVersion") or api_version,
            "kind": about.get("kind") or kind,
            "name": meta["name"],
            "namespace": meta.get("namespace", ""),
            "uid": meta.get("uid", ""),
            "resourceVersion": meta.get("resourceVersion", ""),
        }
        message = message[:_LONGEST_MESSAGE]
        now = written(datetime.now(UTC))
        key = hashlib.sha256("\0".join((self._component, involved["uid"], reason, message)).encode()).hexdigest()[:16]
        name = f"{meta['name'][:200]}.{key}"
        body = {
            "apiVersion": EVENTS.api_version,
            "kind": EVENTS.kind,
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": involved,
            "reason": reason,
            "message": message,
            "type": "Warning" if warning else "Normal",
            "source": {"component": self._component},
            "reportingComponent": self._component,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        try:
            self._kube.create(EVENTS.path(namespace=namespace), body)
        except KubeError as error:
            if not error.stale:
                raise
            found = self._kube.get(EVENTS.path(name, namespace=namespace))
            self._kube.patch(EVENTS.path(name, namespace=namespace), {"count": found.get("count", 1) + 1, "lastTimestamp": now})
