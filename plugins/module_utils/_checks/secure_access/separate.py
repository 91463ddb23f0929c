# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SAA-04: two pods on one node have an accelerator each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices
from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Exactly
from ansible_collections.ailab.conformance.plugins.module_utils._platform.places import require_place
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import Accelerators, Probe

from .probing import NEEDS, not_running, start
from .requirement import SECURE_ACCESS
from .sight import look, sight

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Pods:
    """Whether each pod asks for an accelerator of its own.

    Attributes:
        apart: otherwise both use one claim or, where a device plugin cannot share, one pod is asked twice.
    """

    apart: bool


class PodsSeparate(Check[Pods]):
    """Two pods on the same node see one accelerator each, and not the same.

    On two nodes with one accelerator each they could not see the same one, so both must run on one node. The control shares: the
    comparison finds sameness where there is some.
    """

    id = "SAA-04"
    requirement = SECURE_ACCESS.id
    needs = NEEDS
    title = "pods on one node have separate accelerators"
    asks = "Do two pods on one node, each with a request for one accelerator, see one each, and different ones?"
    broken_looks_like = "Both pods see the same UUID or device file, or one sees several."
    sources = ("KAR-0049", "specification: secure_accelerator_access")
    subject = Pods(apart=True)
    control = Pods(apart=False)
    control_reason = "same-accelerator"
    subject_takes = devices(2, seconds=6)
    control_takes = devices(1, seconds=6)

    def observe(self, bench: Bench, variant: Pods, /) -> None:
        """Runs two pods on a node and asks both."""
        place = require_place(bench, free=2 if variant.apart else 1)
        shared = None
        if not variant.apart and bench.allocator is Allocator.DRA:
            shared = Accelerators(claim=bench.claim("shared", Exactly(device_class=bench.settings.device_class)))
        for role in ("first", "second"):
            if role == "second" and not variant.apart and shared is None:
                # A device plugin gives an accelerator to one pod: the same pod is asked a second time.
                bench.know("second", bench.pod_of("first"))
                workload = bench.running("second")
            else:
                workload = start(bench, role, Probe(accelerators=shared or bench.accelerators(role), node=place.node))
            if workload.progress.stage is Stage.RUNNING:
                look(bench, role)

    def evaluate(self, seen: Seen) -> Finding:
        """Compares what the pods see."""
        problem = not_running(seen, "first", who="the first pod") or not_running(seen, "second", who="the second pod")
        if problem:
            return problem
        first, second = (sight(seen.last(f"look.{role}.probe")) for role in ("first", "second"))
        if first is None or second is None:
            return inconclusive("pod-not-asked", "the pods did not say to their end what they see")
        nodes = {str(seen.last(f"workload.{role}")["pod"]["spec"]["nodeName"]) for role in ("first", "second")}
        if len(nodes) != 1:
            return inconclusive("other-node", f"the pods ran on {listed(sorted(nodes))}, expected one node")
        same = sorted({*first.uuids} & {*second.uuids}) or sorted({*first.numbers} & {*second.numbers})
        if same:
            return failure("same-accelerator", f"both pods see {listed(same)}, expected different ones: see the allocation of both")
        for who, found in (("first", first), ("second", second)):
            if max(len(found.uuids), len(found.numbers)) != 1:
                return failure("not-one-accelerator", f"the {who} pod sees {found.words}, expected one accelerator")
        return success("separate-accelerators", f"on {nodes.pop()} the first pod sees {first.words}, the second {second.words}")
