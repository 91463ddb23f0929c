# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where pods may run, and where they had better: node affinities as the API has them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

JSON = Any


def on_nodes(names: Sequence[str]) -> dict[str, JSON]:
    """An affinity that only nodes of these names satisfy."""
    terms = [_named(name) for name in names]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


def aside(names: Sequence[str], *, accelerated: str) -> dict[str, JSON]:
    """The affinity of a pod without accelerators: rather on a node that has none, and else on one of these.

    Only a wish, since a cluster may have no such node. Without it, an idle node that an autoscaler has just added is what a scheduler
    likes best, and a pod there keeps the autoscaler from taking the node away again.

    Args:
        names: the nodes with accelerators that were there when the run began.
        accelerated: ``key=value`` or ``key``, the label of nodes with accelerators.
    """
    without = {"matchExpressions": [{"key": accelerated.partition("=")[0], "operator": "DoesNotExist"}]}
    preferred = [{"weight": 100, "preference": without}, *({"weight": 50, "preference": _named(name)} for name in sorted(names))]
    return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}


def _named(name: str) -> dict[str, JSON]:
    """A term for one node: a term about the field metadata.name takes one value (API reference NodeSelectorTerm)."""
    return {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}
