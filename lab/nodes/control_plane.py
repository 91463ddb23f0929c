# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing the control plane of one cluster up from whatever it is; its workers come and go by their machines."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lab.nodes.cluster import Cluster
from lab.nodes.state import READY, NodeRecord

Do = Callable[[str, Callable[[], None]], None]


def uphold(team: Cluster, do: Do) -> None:
    """Make a cluster's control plane, or mend what is wrong with its nodes; the API server answers when this returns.

    One that was begun and not finished is made anew. Add-ons are applied and not waited for.

    Args:
        do: does a thing and tells of it.

    Raises:
        LabError: a node did not come up.
    """
    name = f"{team.record.name}-control-plane"
    first = team.record.node(name) or NodeRecord(name=name, index=0)
    if first.phase != READY:
        do(f"node {name}: control plane created", partial(team.create_control_plane, first))
    else:
        for node in team.record.nodes:
            if node.phase == READY:
                for ailment, cure in team.ailments(node):
                    do(f"node {node.name}: {ailment}", cure)
    if not team.record.addons:
        do(f"cluster {team.record.name}: cluster DNS and metrics", team.apply_addons)
