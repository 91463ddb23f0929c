# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DRA-03: the driver runs wherever there are accelerators, and publishes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.devices import current, generation_of, pool_of
from ansible_collections.ailab.conformance.plugins.module_utils._platform.drivers import ready_nodes
from ansible_collections.ailab.conformance.plugins.module_utils._platform.quantity import parse

from .requirement import DRA_SUPPORT

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_SYNTHETIC = "synthetic-node-without-slice"


class DriverHealthy(RecordedControl[Situation]):
    """Every accelerator node has a ready driver pod and at least one device in a complete pool.

    A DaemonSet that wants no pod is ready everywhere and nowhere, and slices outlive their driver by half a minute; so nodes are asked
    for, not DaemonSets, and both must be there. Nodes whose accelerators a device plugin serves are not DRA's; one that both serve is
    not decided, because the same device could be given away twice. The control is what was just seen and one node more.
    """

    id = "DRA-03"
    requirement = DRA_SUPPORT.id
    title = "driver is healthy on every accelerator node"
    asks = "Does every accelerator node have a ready pod of the DRA driver, a ResourceSlice with devices, and are all pools complete?"
    broken_looks_like = (
        "A node with accelerators has no slice, a pool lacks slices, or the driver's DaemonSet has no ready pod on the node."
    )
    sources = ("KEP-4381", "API reference ResourceSlice", "NVIDIA/k8s-dra-driver-gpu")
    reads_only = True
    subject = AS_IT_IS
    control = Situation(cluster="as it is, with one accelerator node more that has no slice")
    control_reason = "slice-missing"

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Reads nodes, slices, and the DaemonSets that register DRA drivers, with their pods."""
        found = bench.survey()
        if not found.slices:
            found.require_class()
        settings = bench.settings
        bench.note("settings", {"accelerator_label": settings.accelerator_label, "accelerator_resource": settings.accelerator_resource})
        bench.listing("nodes", kinds.NODE, labels=settings.accelerator_label)
        bench.note("slices", found.all_slices)
        bench.drivers()

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same cluster with a node that its driver has not reached."""
        facts = {fact.name: fact.data for fact in subject.facts}
        key, _, value = facts["settings"]["accelerator_label"].partition("=")
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": _SYNTHETIC, "labels": {key: value}}, "status": {}}
        changed = {**facts, "nodes": [*facts["nodes"], node]}
        return [(name, changed[name]) for name in ("settings", "nodes", "slices", "drivers")]

    def evaluate(self, seen: Seen) -> Finding:
        """Compares the nodes with the slices and with the driver's pods."""
        if any(seen.last(name) is None for name in ("settings", "nodes", "slices", "drivers")):
            return inconclusive("cluster-not-seen", "nodes, slices and drivers were not read to their end")
        settings, slices = seen.last("settings"), current(seen.last("slices"))
        resource, label = settings["accelerator_resource"], settings["accelerator_label"]
        nodes, plugged = _split(seen.last("nodes"), resource=resource)
        published = {str(item["spec"].get("nodeName")) for item in slices if item["spec"].get("nodeName") and item["spec"].get("devices")}
        if not nodes and not published:
            served = f"; a device plugin serves {listed(sorted(plugged))}" if plugged else ""
            return Finding(Verdict.NOT_RUN, "no-accelerators", f"no node for DRA with label {label}, and no slice with devices{served}")
        if not nodes and not plugged:
            return inconclusive(
                "nodes-not-labelled", f"no node carries {label}, so it is not known which have accelerators: see accelerator_label"
            )
        problem = next(self._problems(seen, nodes=nodes, published=published), None)
        if problem is not None:
            return problem
        if plugged & published:
            both = listed(sorted(plugged & published))
            found = f"{both}: devices by DRA and {resource} by a device plugin"
            return inconclusive("two-allocators", f"{found}, expected one of them: see the values of both drivers")
        return success("driver-healthy", f"driver ready and devices published on {listed(sorted(nodes | published))}; all pools complete")

    @staticmethod
    def _problems(seen: Seen, *, nodes: set[str], published: set[str]) -> Iterator[Finding]:
        slices = seen.last("slices")
        everywhere = any(item["spec"].get("allNodes") and item["spec"].get("devices") for item in slices)
        missing = sorted(nodes - published) if not everywhere else []
        if missing:
            found = f"no ResourceSlice with devices for {listed(missing)}, and no device plugin that serves it"
            yield failure("slice-missing", f"{found}, expected a slice: see the driver's pod on that node")
        for pool, problem in _incomplete(slices):
            yield failure("pool-incomplete", f"pool {pool}: {problem}: see the driver's log")
        drivers = seen.last("drivers")
        if not drivers["daemon_sets"]:
            sentence = "no DaemonSet registers a DRA driver with kubelets (plugins_registry and a CDI folder), expected one"
            yield failure("driver-missing", sentence)
        silent = sorted((nodes | published) - ready_nodes(drivers["daemon_sets"], drivers["pods"]))
        if silent:
            yield failure(
                "driver-not-ready",
                f"no ready pod of the DRA driver on {listed(silent)}, expected one: see {_names(drivers['daemon_sets'])}",
            )


def _split(nodes: Iterable[JSON], *, resource: str) -> tuple[set[str], set[str]]:
    """The nodes whose accelerators DRA must serve, and those whose accelerators a device plugin serves.

    Only what can be allocated counts: the capacity of a node keeps a device plugin's devices for a while after it has gone.
    """
    ours, plugged = set[str](), set[str]()
    for node in nodes:
        offered = parse(((node.get("status") or {}).get("allocatable") or {}).get(resource)) or Decimal(0)
        (plugged if offered > 0 else ours).add(node["metadata"]["name"])
    return ours, plugged


def _incomplete(slices: Iterable[JSON]) -> Iterator[tuple[str, str]]:
    pools: dict[tuple[str, str], list[JSON]] = defaultdict(list)
    for item in slices:
        pools[pool_of(item)].append(item)
    for (driver, pool), items in sorted(pools.items()):
        name, wanted = f"{driver}/{pool}", int(items[0]["spec"]["pool"].get("resourceSliceCount") or 0)
        generations = sorted({generation_of(item) for item in items})
        if len(generations) > 1:
            yield name, f"slices of generations {', '.join(map(str, generations))} beside each other, expected one"
        if len(items) != wanted:
            yield name, f"{len(items)} slices, expected {wanted}"
        names = [device["name"] for item in items for device in item["spec"].get("devices") or []]
        if len(set(names)) != len(names):
            yield name, "two devices of one name, expected each once"


def _names(daemon_sets: Iterable[JSON]) -> str:
    return listed(f"DaemonSet {item['metadata']['namespace']}/{item['metadata']['name']}" for item in daemon_sets)
