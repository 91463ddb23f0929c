# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DRA-07: containers and pods that use one claim share one device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.outcome import is_about_devices, undecided, uuids
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Exactly
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import PROBES
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workload import Workload

from .requirement import DRA_SUPPORT

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_LIST_DEVICES = ("nvidia-smi", "-L")
_WHO = ("first.one", "first.two", "second.probe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Whether two pods use one claim, or one each."""

    shared: bool


class SharedClaim(Check[Claims]):
    """Two containers of one pod and another pod, all with one claim, see the same UUID.

    A runtime that shows every device to everybody is caught by counting. The control gives the second pod a claim of its own: there
    the pods must differ, or, with one device only, the second must stay Pending.
    """

    id = "DRA-07"
    requirement = DRA_SUPPORT.id
    needs = PROBES
    title = "one claim shared by containers and pods"
    asks = "Do two containers of a pod and a second pod that use one ResourceClaim all see one and the same device?"
    broken_looks_like = "The UUIDs differ, a container sees none or several, or the second pod stays Pending."
    sources = ("KEP-4381: sharing a ResourceClaim", "API reference ResourceClaim status.reservedFor")
    subject = Claims(shared=True)
    control = Claims(shared=False)
    control_reason = "not-shared"
    subject_takes = devices(1, seconds=7)
    control_takes = devices(2, least=1, seconds=7)

    def observe(self, bench: Bench, variant: Claims, /) -> None:
        """Runs two pods and asks every container what it sees."""
        survey = bench.survey()
        survey.require_class()
        survey.require_free(1)
        request = Exactly(device_class=bench.settings.device_class)
        first = bench.claim("claim", request)
        bench.pod("first", first, containers=("one", "two"))
        second = first if variant.shared else bench.claim("other", request)
        bench.pod("second", second)
        for role, containers in (("first", ("one", "two")), ("second", ("probe",))):
            workload = bench.running(role)
            bench.pool(role, workload)
            for container in containers if workload.progress.stage is Stage.RUNNING else ():
                bench.execute(role, _LIST_DEVICES, container=container)

    def evaluate(self, seen: Seen) -> Finding:
        """Compares what the containers see."""
        first, second = (Workload.read(seen.last(f"workload.{role}")) for role in ("first", "second"))
        if first.progress.stage is not Stage.RUNNING:
            return undecided(first, who="the first pod")
        if second.progress.stage is Stage.REFUSED:
            words = second.progress.words
            if not is_about_devices(words):
                return undecided(second, who="the second pod")
            return failure(
                "not-shared", f"the second pod gets no device while the first has one, expected the same; the scheduler says: {words}"
            )
        if second.progress.stage is not Stage.RUNNING:
            return undecided(second, who="the second pod")
        return self._compared({who: seen.last(f"exec.{who}") for who in _WHO})

    @staticmethod
    def _compared(executed: Mapping[str, JSON]) -> Finding:
        silent = [who for who, fact in executed.items() if fact is None]
        if silent:
            return inconclusive("pod-not-asked", f"{listed(silent)} was not asked what it sees")
        shown = {who: uuids(fact) for who, fact in executed.items()}
        odd = [f"{who} sees {listed(found)}" for who, found in shown.items() if len(found) != 1]
        if odd:
            return failure("not-one-device", f"{'; '.join(odd)}; expected exactly one device in every container: see the driver's log")
        seen = {found[0] for found in shown.values()}
        if len(seen) > 1:
            return failure("not-shared", f"different devices: {listed(f'{who} {found[0]}' for who, found in shown.items())}; expected one")
        return success("same-device", f"{listed(shown)} see the same device {seen.pop()}")
