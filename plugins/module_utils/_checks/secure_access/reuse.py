# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SAA-10: an accelerator goes from one pod to the next, and never to two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.outcome import is_about_devices, undecided
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import whole_node
from ansible_collections.ailab.conformance.plugins.module_utils._platform.places import require_place
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import Probe
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workload import Workload

from .probing import NEEDS, not_running, start
from .requirement import SECURE_ACCESS
from .sight import Sight, look, sight

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Whether the first pod goes before the second comes."""

    happens: bool


class ReusedAfterRelease(Check[Release]):
    """When a pod that had all free accelerators of a node is gone, the next pod gets one of these, and sees that one alone.

    The control keeps the first pod: now the second must be refused, or accelerators would be given out twice.
    """

    id = "SAA-10"
    requirement = SECURE_ACCESS.id
    needs = NEEDS
    title = "accelerators are passed on, and not shared unasked"
    asks = "Does a pod get an accelerator of a pod that is gone, and see no other?"
    broken_looks_like = "The second pod stays without one after the first is gone, sees several, or gets one while the first still has it."
    sources = ("specification: secure_accelerator_access", "KEP-4381: deallocation", "Kubernetes documentation: device plugins")
    subject = Release(happens=True)
    control = Release(happens=False)
    control_reason = "accelerator-not-released"
    subject_takes = whole_node(seconds=4)
    control_takes = whole_node(seconds=4)

    def observe(self, bench: Bench, variant: Release, /) -> None:
        """Uses a node up, gives it back or not, and asks for one."""
        place = require_place(bench, free=1)
        first = start(bench, "first", Probe(accelerators=bench.accelerators("all", place.free), node=place.node))
        if first.progress.stage is not Stage.RUNNING:
            return
        look(bench, "first")
        if variant.happens:
            bench.release("first")
        second = start(bench, "second", Probe(accelerators=bench.accelerators("one"), node=place.node))
        if second.progress.stage is Stage.RUNNING:
            look(bench, "second")

    def evaluate(self, seen: Seen) -> Finding:
        """Follows the accelerators from the first pod to the second."""
        problem = not_running(seen, "first", who="the first pod")
        if problem:
            return problem
        first = sight(seen.last("look.first.probe"))
        if first is None or not (first.uuids or first.numbers):
            return inconclusive("pod-not-asked", "the first pod did not say to its end what it sees, or sees nothing: see SAA-01")
        after = Workload.read(seen.last("workload.second"))
        progress = after.progress
        if progress.stage is Stage.REFUSED and (is_about_devices(progress.words) or "Insufficient" in progress.words):
            sentence = f"a second pod gets none of {listed(first.uuids or first.numbers)}, expected one after their release"
            return failure("accelerator-not-released", f"{sentence}; the scheduler says: {progress.words}")
        if progress.stage is not Stage.RUNNING:
            return undecided(after, who="the second pod")
        second = sight(seen.last("look.second.probe"))
        if second is None:
            return inconclusive("pod-not-asked", "the second pod did not say to its end what it sees")
        return self._passed_on(first, second, released="claims" in (seen.last("released.first") or {}))

    @staticmethod
    def _passed_on(first: Sight, second: Sight, *, released: bool) -> Finding:
        if not released:
            return failure("given-twice", f"the second pod sees {second.words} while the first has {first.words}")
        now, before = second.uuids or second.numbers, first.uuids or first.numbers
        if max(len(second.uuids), len(second.numbers)) != 1:
            return failure("not-one-accelerator", f"the second pod sees {second.words}, expected one accelerator")
        if not set(now) <= set(before):
            return inconclusive("another-accelerator", f"the second pod sees {listed(now)}, which the first had not: {listed(before)}")
        return success("reused", f"{listed(now)} went from the first pod, which is gone, to the second, which sees no other")
