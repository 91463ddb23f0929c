# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AM-02: no accelerator is without metrics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import (
    counted,
    failure,
    inconclusive,
    listed,
    not_run,
    success,
)
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.devices import current, devices
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import Needs, anywhere
from ansible_collections.ailab.conformance.plugins.module_utils._platform.quantity import parse

from .edits import first_device, with_bodies, without_lines
from .judging import FromMetrics
from .needs import ALL_NODES, READING
from .requirement import ACCELERATOR_METRICS
from .scrapes import NAMES, by_uuid, exporters, scrape
from .settings import Names

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_COUNT = "nvidia.com/gpu.count"
"""Label of GPU feature discovery: how many devices a node has, however many parts a device plugin makes of them."""


class Coverage(FromMetrics, RecordedControl[Situation]):
    """The accelerators in the metrics are those of the cluster, one by one.

    A sum over a node, or the metrics of its first accelerator, look healthy until the second one is idle. UUIDs are compared where
    ResourceSlices publish them, counts where a device plugin only counts. The control is what was just read, without one accelerator.
    """

    id = "AM-02"
    requirement = ACCELERATOR_METRICS.id
    title = "every accelerator has metrics"
    asks = "Are the UUIDs in the metrics of each node those of its accelerators, none missing and none unknown?"
    broken_looks_like = "An accelerator node has no exporter, or one of its accelerators is in no series."
    sources = ("specification: accelerator_metrics, per-accelerator", "KAR-0059", "API reference ResourceSlice")
    reads_only = True
    needs = READING + Needs(rights=anywhere(kinds.NODE, "get"))
    subject = AS_IT_IS
    control = Situation(cluster="as it is, without the series of one accelerator")
    control_reason = "accelerator-uncovered"
    subject_takes = ALL_NODES

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Reads the nodes, their devices and their exporters."""
        settings = bench.settings
        bench.note("settings", {"accelerator_label": settings.accelerator_label, "accelerator_resource": settings.accelerator_resource})
        labelled = {item["metadata"]["name"] for item in bench.listing("nodes", kinds.NODE, labels=settings.accelerator_label)}
        slices = bench.survey().slices
        bench.note("slices", slices)
        # A node that nobody has labelled has accelerators, too; one that has just gone has none, and may still have slices.
        for name in sorted({str(item["spec"]["nodeName"]) for item in slices if item["spec"].get("nodeName")} - labelled):
            bench.read(f"unlabelled.{name}", kinds.NODE, name=name)
        scrape(bench, "now", exporters(bench))

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same scrapes without the lines of one accelerator."""
        gone = first_device(subject, "now", Names.read(subject.last(NAMES)).device)
        return with_bodies(subject, "now", lambda body: without_lines(body, lambda line: f'"{gone}"' in line))

    def judge(self, seen: Seen, names: Names, /) -> Finding:
        """Compares node by node."""
        settings, nodes, slices = seen.last("settings"), seen.last("nodes"), seen.last("slices")
        if not isinstance(nodes, list) or not isinstance(slices, list) or not isinstance(settings, dict):
            return inconclusive("cluster-not-seen", "nodes and devices were not read to their end")
        exported: dict[str, set[str]] = {node: set() for node in seen.named("scrape.now.")}
        for uuid, accelerator in by_uuid(seen, "now", names).items():
            exported[accelerator.node].add(uuid)
        published: dict[str, set[str]] = {}
        for item in current(slices):
            published.setdefault(str(item["spec"].get("nodeName")), set()).update(device.uuid for device in devices([item]))
        found = 0
        nodes = [*nodes, *filter(None, seen.named("unlabelled.").values())]
        for node in nodes:
            name = str(node["metadata"]["name"])
            wanted = published.get(name, set()) - {""}
            count = len(wanted) or _count(node, str(settings.get("accelerator_resource")))
            if (problem := _problem(name, count, wanted, exported.get(name))) is not None:
                return problem
            found += count
        if not found:
            return not_run("no-accelerators", f"no node with {settings.get('accelerator_label')} has an accelerator")
        return success("all-covered", f"{counted(found, 'accelerator')} on {counted(len(nodes), 'node')}, each in the metrics of its node")


def _problem(node: str, count: int, wanted: set[str], mine: set[str] | None) -> Finding | None:
    if mine is None:
        found = f"node {node} has {counted(count, 'accelerator')} and no exporter"
        return failure("exporter-absent", f"{found}, expected one: see its DaemonSet") if count else None
    if missing := sorted(wanted - mine):
        return failure("accelerator-uncovered", f"no series for {listed(missing)} of node {node}: see its exporter's log")
    if unknown := sorted(mine - wanted) if wanted else []:
        return failure("accelerator-unknown", f"node {node} exports {listed(unknown)}, which no ResourceSlice publishes")
    if len(mine) != count:
        found = f"{counted(len(mine), 'accelerator')} in the metrics of node {node}, {count} on the node"
        return failure("accelerator-uncovered" if len(mine) < count else "accelerator-unknown", f"{found}, expected as many")
    return None


def _count(node: JSON, resource: str) -> int:
    labelled = str((node["metadata"].get("labels") or {}).get(_COUNT) or "")
    if labelled.isdigit():
        return int(labelled)
    return int(parse(str(((node.get("status") or {}).get("allocatable") or {}).get(resource) or "0")) or 0)
