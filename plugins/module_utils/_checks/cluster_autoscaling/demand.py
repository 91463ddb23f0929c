# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods for which the cluster has no room, or never can have."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.accelerators import HOST_NAME
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Manifest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import PodTemplate
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline
from ansible_collections.ailab.conformance.plugins.module_utils._platform.trace import Trace

from .scene import Scene

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

PART = "ai-conformance/part"
"""On the pods of a scenario; its value is their part."""

_HUGE = 100000
_HUGE_CPU = "100k"


class Wanted(enum.StrEnum):
    """What a pod asks for."""

    ONE_NODE = enum.auto()
    IMPOSSIBLE = enum.auto()
    PROCESSOR = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is asked of the autoscaler.

    Attributes:
        wanted: the accelerators of one node of the group, more than any node can have, or processor only, also too much.
    """

    wanted: Wanted


def waiting_pod(
    bench: Bench,
    *,
    part: str,
    accelerators: int,
    cpu: str = "1m",
    host: str = "",
    labels: Mapping[str, str] = MappingProxyType({}),
    keep: bool = False,
) -> Manifest:
    """A pod with so many accelerators.

    Args:
        bench: whose settings count.
        part: of the scenario.
        accelerators: how many.
        cpu: processor that it asks for.
        host: the node that it is bound to; empty for any.
        labels: that its node must have.
        keep: whether the autoscaler must not move it.
    """
    settings = bench.settings
    template = PodTemplate(
        image=settings.probe_image,
        cpu=cpu,
        resources={settings.accelerator_resource: accelerators} if accelerators else {},
        tolerations=settings.tolerations,
        node_selector={**labels, **({HOST_NAME: host} if host else {})},
    )
    stay = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"} if keep else {}
    return Manifest(kind=kinds.POD, fields={"spec": template.spec()}, labels={PART: f"{bench.name(part)}"}, annotations=stay)


def part_trace(bench: Bench, part: str) -> Trace:
    """A trace of the pods of a part."""
    return Trace(bench.cluster, kinds.POD.collection(bench.namespace), labels=f"{PART}={bench.name(part)}")


def ask_in_vain(bench: Bench, variant: Demand) -> None:
    """Makes a pod that no group can help, and watches the groups while it waits.

    Raises:
        PreconditionError: there is no group to be watched.
        ConformanceError: the cluster cannot be asked.
    """
    scene = Scene(bench)
    scene.chosen(bench.settings.accelerator_resource)
    accelerators, cpu = (0, _HUGE_CPU) if variant.wanted is Wanted.PROCESSOR else (_HUGE, "1m")
    wait_in_vain(bench, scene, waiting_pod(bench, part="trigger", accelerators=accelerators, cpu=cpu))


def wait_in_vain(bench: Bench, scene: Scene, manifest: Manifest) -> None:
    """Makes a pod of the part ``trigger``, and watches the groups until one has another size, or for as long as nothing may happen.

    A busy autoscaler may take longer for its word that none can help than nothing may happen: it has the time in which it shows that it
    is alive, and a group that grows meanwhile is seen.
    """
    scene.record("world.before")
    with part_trace(bench, "trigger") as trace, scene.sizes() as sizes:
        trace.listed(seconds=bench.settings.start_seconds)
        sizes.listed(seconds=bench.settings.start_seconds)
        pod = bench.create("trigger", manifest)
        trace.reaches(refused, seconds=bench.settings.start_seconds)
        hold = scene.settings.hold_seconds
        if not sizes.until(lambda _groups: len(sizes.as_fact()["changes"]) > len(sizes.objects) or None, seconds=hold):
            scene.until_refused(pod)
        scene.events("trigger", pod)
        bench.note("trigger", trace.timeline().as_fact())
        bench.note("sizes", sizes.as_fact())
    scene.record("world.grown")


def refused(timeline: Timeline) -> bool | None:
    """Whether the scheduler has said that a pod has no place; None as long as it has not."""
    return any(change.get("refusal") for change in timeline.changes) or None
