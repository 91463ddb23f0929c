# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scheduling gates of pods that a controller made for us (KEP-3521)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import MERGE_PATCH

from . import kinds

if TYPE_CHECKING:
    from .bench import Bench

JSON = Any


def open_gate(bench: Bench, pod: JSON, name: str) -> None:
    """Removes one gate of a pod, recorded as ``gate.<pod>``; gates of others stay.

    Args:
        bench: the way to the cluster.
        pod: as it was seen last. Where another gate has gone since, the server refuses to have it back, and the pod is seen anew.
        name: of the gate.

    Raises:
        UnreachableError: no answer.
    """
    metadata = pod["metadata"]
    others = [gate for gate in pod["spec"].get("schedulingGates") or [] if gate["name"] != name]
    path = kinds.POD.path(name=metadata["name"], namespace=metadata["namespace"])
    bench.ask(f"gate.{metadata['name']}", "patch", path, body={"spec": {"schedulingGates": others}}, content_type=MERGE_PATCH)
