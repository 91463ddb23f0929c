# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CA-01: an autoscaler is at work, and a group of accelerator nodes can grow."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.node_groups import World
from ansible_collections.ailab.conformance.plugins.module_utils._platform.quantity import parse
from ansible_collections.ailab.conformance.plugins.module_utils._platform.trace import Followed

from .needs import LOOKS
from .requirement import CLUSTER_AUTOSCALING
from .scene import Scene

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

STATUS = "cluster-autoscaler-status"
"""ConfigMap in which cluster-autoscaler, on every platform that runs it in the cluster, says how it is at every look."""

_RUNNING = re.compile(r"^autoscalerStatus:\s*Running\s*$", re.MULTILINE)


class AutoscalerUp(RecordedControl[Situation]):
    """The autoscaler writes its status anew while it is watched, says that it runs, and knows a group that can grow.

    A status of yesterday is no autoscaler, so it must change. A group whose minimum is its maximum cannot scale, however healthy all
    looks: that is not decided, never passed. The control is what was just seen, with a status that nobody has renewed.
    """

    id = "CA-01"
    requirement = CLUSTER_AUTOSCALING.id
    needs = LOOKS
    title = "autoscaler at work, a group with room to grow"
    asks = "Does the autoscaler renew its status, and has a group of accelerator nodes fewer nodes than its maximum?"
    broken_looks_like = "The status is missing or old, the group is not in it, or its minimum, size and maximum are the same."
    sources = ("KAR-0055", "cluster-autoscaler: status ConfigMap", "specification: cluster_autoscaling")
    reads_only = True
    subject = AS_IT_IS
    control = Situation(cluster="with a status that nobody renews")
    control_reason = "autoscaler-not-running"

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Watches the status until it is renewed, and reads the groups."""
        scene = Scene(bench)
        space, seconds = scene.settings.autoscaler_namespace, scene.settings.alive_seconds
        with Followed(bench.cluster, kinds.CONFIG_MAP.collection(space), fields=f"metadata.name={STATUS}") as status:
            status.listed(seconds=bench.settings.start_seconds)
            first = status.until(_version, seconds=0)
            renewed = first and status.until(lambda found: _version(found) if _version(found) != first else None, seconds=seconds)
            last = next(iter(status.objects.values()), None)
        bench.note("status", {"object": last, "renewed": bool(renewed), "seconds": seconds})
        scene.record("world")
        scene.nodes("nodes")
        bench.note("resource", bench.settings.accelerator_resource)

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same cluster with an autoscaler that has stopped."""
        status = subject.last("status") or {}
        return [
            *((name, subject.last(name)) for name in ("world", "nodes", "resource") if subject.last(name) is not None),
            ("status", {"object": status.get("object") or {"data": {}}, "renewed": False, "seconds": status.get("seconds")}),
        ]

    def evaluate(self, seen: Seen) -> Finding:
        """Reads the status and the bounds."""
        status, found = seen.last("status"), World.read(seen.last("world"))
        if not isinstance(status, dict) or found is None or not seen.last("resource"):
            return inconclusive("autoscaler-not-seen", "the autoscaler's status and the groups were not both read")
        item = status.get("object")
        if item is None:
            return failure("autoscaler-missing", f"no ConfigMap {STATUS}, expected the autoscaler's: see the option autoscaler_namespace")
        if not status.get("renewed"):
            return failure("autoscaler-not-running", f"no new status for {status.get('seconds')} s, expected one: see the autoscaler's log")
        text = str((item.get("data") or {}).get("status") or "")
        if not _RUNNING.search(text):
            return failure("autoscaler-not-running", f"the autoscaler does not say that it runs: {text[:200]!r}")
        return self._bounds(found, text, str(seen.last("resource")))

    @staticmethod
    def _bounds(found: World, text: str, resource: str) -> Finding:
        groups = [group for group in found.groups if any(_has(node.offers.get(resource)) for node in found.members(group.name).values())]
        if not groups:
            return inconclusive("no-accelerator-group", f"no group with bounds has nodes that offer {resource}")
        unknown = [group.name for group in groups if f"/{group.name}" not in text]
        if unknown:
            return failure("group-unknown", f"the autoscaler's status does not name {listed(unknown)}: see its discovery of node groups")
        room = [f"{group.name} {group.replicas} of {group.minimum} to {group.maximum}" for group in groups if group.can_grow]
        if not room:
            bounds = listed(group.in_short for group in groups)
            return inconclusive("no-headroom", f"no group can grow: {bounds}. What cannot scale proves nothing about scaling")
        return success("autoscaler-running", f"the autoscaler renews its status and knows groups with room: {listed(room)}")


def _version(found: list[JSON]) -> str | None:
    return next((str(item["metadata"]["resourceVersion"]) for item in found), None)


def _has(amount: JSON) -> bool:
    return bool(parse(str(amount)) or 0) if amount is not None else False
