# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where pods may run, and where they had better: node affinities as the API has them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

JSON = Any

_NAMED = 50
"""How many nodes of a sort are named at most: more room than the pods of a run need, in a manifest that can still be read."""


def on_nodes(names: Sequence[str]) -> dict[str, JSON]:
    """An affinity that only nodes of these names satisfy."""
    terms = [_named(name) for name in names]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


def aside(*, plain: Sequence[str], accelerated: Sequence[str]) -> JSON:
    """The affinity of a pod without accelerators: rather on a node that has none, else on one that has been there for a while.

    Only a wish, since a cluster may have no such node. Without it, an idle node that an autoscaler has just added is what a scheduler
    likes best, and a pod there keeps the autoscaler from taking the node away again. Names and no labels, since a new node gets those
    that tell of its accelerators after its first pods.

    Args:
        plain: nodes without accelerators that were there when the run began.
        accelerated: those with some.

    Returns:
        None where no node is known.
    """
    wishes = [(weight, name) for weight, names in ((100, plain), (50, accelerated)) for name in sorted(names)[:_NAMED]]
    preferred = [{"weight": weight, "preference": _named(name)} for weight, name in wishes]
    return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}} if preferred else None


def _named(name: str) -> dict[str, JSON]:
    """A term for one node: a term about the field metadata.name takes one value (API reference NodeSelectorTerm)."""
    return {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}
