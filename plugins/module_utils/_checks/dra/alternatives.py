# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DRA-08: a request can list alternatives, and the best one that is possible is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.outcome import refused, undecided
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices
from ansible_collections.ailab.conformance.plugins.module_utils._platform import manifests
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import REQUEST, Exactly, FirstAvailable
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import PROBES
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workload import Workload

from .requirement import DRA_SUPPORT
from .selector import like, memory_of

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.devices import Device

JSON = Any

_NAMES = ("first", "second", "third")
_TIMES = {"possible": 1, "impossible": 100}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Which of the alternatives can be served, best first.

    Attributes:
        alternatives: each ``possible`` or ``impossible``.
    """

    alternatives: tuple[str, ...]


class FirstPossibleAlternative(Check[Order]):
    """Of three alternatives, the first impossible, the second is taken; with the first possible, the first is.

    The third is possible in both, so a scheduler that takes any alternative, or always the last, does not get through.
    """

    id = "DRA-08"
    requirement = DRA_SUPPORT.id
    needs = PROBES
    title = "first possible alternative is taken"
    asks = "Does a claim with firstAvailable get its second alternative when the first asks for more memory than any device has?"
    broken_looks_like = "The claim stays unallocated, or is served by an alternative that was not the best possible one."
    sources = ("KEP-4816", "API reference DeviceRequest.firstAvailable")
    mandatory = False
    subject = Order(alternatives=("impossible", "possible", "possible"))
    control = Order(alternatives=("possible", "impossible", "possible"))
    control_reason = "first-alternative-used"
    subject_takes = devices(1, seconds=4)
    control_takes = devices(1, seconds=4)

    def observe(self, bench: Bench, variant: Order, /) -> None:
        """Asks for one of three alternatives."""
        survey = bench.survey()
        survey.require_class()
        device = survey.require_free(1)[0]
        request = FirstAvailable(
            alternatives={name: self._alternative(bench, device, wish) for name, wish in zip(_NAMES, variant.alternatives, strict=True)}
        )
        self._require_served(bench, request)
        bench.pod("probe", bench.template("template", request))
        workload = bench.placed("probe")
        bench.pool("probe", workload)
        bench.survey()

    @staticmethod
    def _alternative(bench: Bench, device: Device, wish: str) -> Exactly:
        expression = like(device, minimum=memory_of(device) * _TIMES[wish])
        return Exactly(device_class=bench.settings.device_class, selectors=(expression,))

    @staticmethod
    def _require_served(bench: Bench, request: FirstAvailable) -> None:
        answer = bench.attempt("served", manifests.claim(request), dry_run=True)
        body: Mapping[str, JSON] = answer.body if isinstance(answer.body, Mapping) else {}
        kept = answer.ok and "firstAvailable" in body["spec"]["devices"]["requests"][0]
        if not kept:
            raise PreconditionError(
                name="prioritized-list",
                what="asking for a claim with alternatives",
                found=f"HTTP {answer.status} {body.get('message', '')}",
                expected="that the API server keeps firstAvailable",
                look="feature gate DRAPrioritizedList: beta and on from v1.34",
            )

    def evaluate(self, seen: Seen) -> Finding:
        """Reads from the allocation which alternative was taken."""
        workload = Workload.read(seen.last("workload.probe"))
        stage = workload.progress.stage
        if stage in {Stage.PENDING, Stage.ABSENT}:
            return undecided(workload, who="the pod")
        if stage is Stage.REFUSED:
            return refused(workload, seen, who="the pod")
        if seen.last("pool.probe") is None:
            return inconclusive("slices-not-seen", "the pod has a node, but the slices of its device's pool were not read")
        used = [allocation.request for allocation in workload.allocations]
        if used == [f"{REQUEST}/second"]:
            return success("second-alternative-used", "the first alternative asks for too much, and the second was taken")
        if used == [f"{REQUEST}/first"]:
            return failure("first-alternative-used", "the first alternative was taken, expected the second: the first asks for too much")
        return failure("wrong-alternative", f"taken was {listed(used)}, expected {REQUEST}/second: see kube-scheduler")
