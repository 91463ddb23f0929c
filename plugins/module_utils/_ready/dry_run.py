# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Webhooks are ready when the API server gets an answer from them, which only a request through them shows.

A Deployment is available, and its endpoints are listed, before the API server trusts the certificate and every node knows the way. No
object says when that has happened, so a dry run is asked for again until it is served. It changes nothing.
Source: Kubernetes API concepts, "Dry-run"; API reference, admissionregistration.k8s.io/v1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster, Reply
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Deadline
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.discovery import Served, served

JSON = Any

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0


def admitted(cluster: Cluster, definitions: Sequence[JSON], *, seconds: float) -> list[str]:
    """Have objects admitted in dry runs.

    Args:
        cluster: the API server.
        definitions: objects that every webhook on their way admits. Use ``metadata.generateName``: nothing of the name can be there.
        seconds: how long, for all of them together.

    Returns:
        A sentence for each that is still not admitted, with the API server's last words.

    Raises:
        ConformanceError: the API server does not answer.
    """
    deadline = Deadline(clock=cluster.clock, seconds=seconds)
    return [said for definition in definitions if (said := _admitted(cluster, definition, deadline=deadline))]


def _admitted(cluster: Cluster, definition: JSON, *, deadline: Deadline) -> str | None:
    pause = _FIRST_PAUSE
    while True:
        said = _refusal(cluster, definition)
        if said is None or deadline.passed():
            return said
        cluster.clock.pause(min(pause, deadline.left()))
        pause = min(pause * 2, _LONGEST_PAUSE)


def _refusal(cluster: Cluster, definition: JSON) -> str | None:
    """Why the API server does not admit an object; None when it does."""
    metadata = definition.get("metadata", {})
    name = f"{definition['kind']} {metadata.get('name') or metadata.get('generateName', '')}"
    kind = next((entry for entry in served(cluster) if entry.is_kind(definition)), None)
    if kind is None:
        return f"a dry run of {name}: the API server serves no {definition['kind']} of {definition['apiVersion']}"
    reply = _asked(cluster, kind, definition)
    return None if reply.ok else f"a dry run of {name}: {_words(reply)}"


def _asked(cluster: Cluster, kind: Served, definition: JSON) -> Reply:
    path = kind.path(namespace=definition.get("metadata", {}).get("namespace", ""))
    return cluster.call("create", path, query=[("dryRun", "All")], body=definition)


def _words(reply: Reply) -> str:
    message = reply.body.get("message") if isinstance(reply.body, dict) else reply.body
    return f"HTTP {reply.status}: {message}"
