# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in tells: events with cluster-autoscaler's reasons and words, and the status ConfigMap in its form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import yaml

from lab.machines.autoscaler.growth import Group, Growth
from lab.machines.autoscaler.scene import Objects, Scene
from lab.machines.autoscaler.settings import COMPONENT, STATUS
from lab.machines.autoscaler.switch import owned
from lab.machines.kube import JSON
from lab.machines.names import CONFIG_MAPS, NAMESPACE, SIMULATED

STAND_IN = "ailab.conformance/stand-in-for"
FOLLOWS = "ailab.conformance/follows"  # the resource version of the switch whose settings are at work


def scaled_up(growth: Growth, groups: Mapping[str, Group]) -> dict[str, str]:
    """The message for each pod that is helped (TriggeredScaleUp)."""
    texts = {
        name: f"pod triggered scale-up: [{{{groups[name].id} {groups[name].size}->{size} (max: {groups[name].maximum})}}]"
        for name, size in growth.sizes.items()
    }
    return {pod: texts[name] for pod, name in growth.helped.items()}


def not_scaled_up(growth: Growth) -> dict[str, str]:
    """The message for each pod that no group could help (NotTriggerScaleUp); none in a look that helped any, as with the real one."""
    if growth.sizes:
        return {}
    return {
        pod: "pod didn't trigger scale-up: "
        + (", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items())) or "no node groups")
        for pod, reasons in growth.refused.items()
    }


def status_of(scene: Scene, objects: Objects, *, growing: bool) -> JSON:
    """The content of ``data.status``, without its time."""
    groups = []
    for group in scene.groups:
        ready = sum(member.group == group.name for member in scene.members)
        groups.append(
            {
                "name": group.id,
                "health": {
                    "status": "Healthy",
                    "nodeCounts": {"registered": {"total": ready, "ready": ready}},
                    "cloudProviderTarget": group.size,
                    "minSize": group.minimum,
                    "maxSize": group.maximum,
                },
                "scaleUp": {"status": "InProgress" if ready < group.size else "NoActivity"},
                "scaleDown": {"status": "CandidatesPresent" if group.name in scene.shrinking else "NoCandidates"},
            }
        )
    nodes = objects.world.nodes.values()
    counts = {"total": len(nodes), "ready": sum(node.ready_since is not None for node in nodes)}
    return {
        "autoscalerStatus": "Running",
        "clusterWide": {
            "health": {"status": "Healthy", "nodeCounts": {"registered": counts}},
            "scaleUp": {"status": "InProgress" if growing else "NoActivity"},
            "scaleDown": {"status": "CandidatesPresent" if scene.shrinking else "NoCandidates"},
        },
        "nodeGroups": groups,
    }


def config_map(status: JSON, now: datetime, *, switch: JSON | None = None) -> JSON:
    """The ConfigMap, marked as the stand-in's.

    Args:
        switch: the ConfigMap that switched it on; which state of it was followed is written down too.
    """
    followed = {FOLLOWS: switch["metadata"]["resourceVersion"]} if switch else {}
    owners = {"ownerReferences": owned(switch)} if switch else {}
    text = yaml.safe_dump({"time": now.isoformat(), **status}, sort_keys=False)
    return {
        "apiVersion": CONFIG_MAPS.api_version,
        "kind": CONFIG_MAPS.kind,
        "metadata": {
            "name": STATUS,
            "namespace": NAMESPACE,
            "labels": {SIMULATED: "true"},
            "annotations": {STAND_IN: "cluster-autoscaler", "ailab.conformance/written-by": COMPONENT, **followed},
            **owners,
        },
        "data": {"status": text},
    }
