# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AM-11: metrics come back when an exporter is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.outcome import had_its_time
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import alone
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.exposition import ExpositionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import Needs, anywhere

from .judging import FromMetrics
from .needs import READING
from .requirement import ACCELERATOR_METRICS
from .scrapes import NAMES, Exporter, by_uuid, exporters, scrape
from .settings import MetricsSettings, Names

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_EVERY = 1.0

_WAITED = "waited"
"""Fact: how long another pod was given at most. A record that ends before it says nothing about what did not come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What is lost.

    Attributes:
        exporter: whether an exporter's pod is deleted; otherwise nothing happens, and nothing can come back.
    """

    exporter: bool


class Durability(FromMetrics, Check[Loss]):
    """A deleted exporter pod is replaced by another one, whose metrics have the same accelerators.

    The control deletes nothing: no other pod may be taken for the replacement.
    """

    id = "AM-11"
    requirement = ACCELERATOR_METRICS.id
    title = "metrics survive the loss of an exporter"
    asks = "When an exporter's pod is deleted, does another one export the same accelerators within the time allowed?"
    broken_looks_like = "No other pod comes, or it exports fewer accelerators."
    sources = ("API reference DaemonSet",)
    mandatory = False
    disruptive = True
    needs = READING + Needs(rights=anywhere(kinds.POD, "get", "delete"))
    subject = Loss(exporter=True)
    control = Loss(exporter=False)
    control_reason = "not-replaced"
    # Whoever reads metrics meanwhile would miss those of a node.
    subject_takes = alone()

    def observe(self, bench: Bench, variant: Loss, /) -> None:
        """Deletes the first exporter, and reads its node's metrics until another one answers."""
        own, before = bench.own(MetricsSettings), exporters(bench)[0]
        scrape(bench, "before", [before], metrics=own.names.core)
        bench.note("lost", {"uid": before.uid, "node": before.node, "pod": before.pod})
        if variant.exporter:
            pod = bench.read("exporter", kinds.POD, name=before.pod, space=own.exporter_namespace)
            bench.evict("exporter", pod, kinds.POD)

        def replaced() -> bool | None:
            bench.listing("pods", kinds.POD, space=own.exporter_namespace, labels=own.exporter_selector)
            if others := _others(bench.so_far):
                scrape(bench, "after", others[:1], metrics=own.names.core)
            return _came_back(bench.so_far) or None

        seconds = own.react_seconds if variant.exporter else bench.settings.settle_seconds
        bench.polled(replaced, every=_EVERY, seconds=seconds)
        bench.note(_WAITED, {"seconds": seconds})

    def judge(self, seen: Seen, names: Names, /) -> Finding:
        """Compares the accelerators before and after."""
        lost = seen.last("lost")
        if not isinstance(lost, dict) or not had_its_time(seen, _WAITED):
            return inconclusive("exporter-not-seen", "the exporter was not looked at before and after")
        node = str(lost.get("node") or "")
        before = set(by_uuid(seen, "before", names, nodes=[node]))
        after = set(by_uuid(seen, "after", names, nodes=[node])) if seen.named("scrape.after.") else set[str]()
        if not before:
            return inconclusive("exporter-not-seen", "the exporter had no accelerator before, so nothing can come back")
        if not after or not _others(seen):
            return failure(
                "not-replaced", f"no other ready pod exports metrics on {lost.get('node')}, expected one in place of {lost.get('pod')}"
            )
        if before - after:
            return failure(
                "accelerators-lost", f"{len(before - after)} of {len(before)} accelerators of {lost.get('node')} are not exported any more"
            )
        return success("came-back", f"another pod exports the same {len(before)} accelerators of {lost.get('node')}")


def _others(seen: Seen) -> list[Exporter]:
    """The ready exporters on the node of the lost one, other than that one."""
    lost, pods = seen.last("lost"), seen.last("pods")
    found = [Exporter.of(pod) for pod in pods if isinstance(pod, dict)] if isinstance(pods, list) else []
    return [item for item in found if item.ready and item.node == str(lost.get("node")) and item.uid != lost.get("uid")]


def _came_back(seen: Seen) -> bool:
    names = Names.read(seen.last(NAMES))
    try:
        lost = [str(seen.last("lost").get("node"))]
        before, after = (set(by_uuid(seen, phase, names, nodes=lost)) for phase in ("before", "after"))
    except ExpositionError:
        return False
    return bool(before) and before <= after
