# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DRA-09: a device is nobody's when its pod is gone, and the next pod can have it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.outcome import allocated, is_about_devices, undecided
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices
from ansible_collections.ailab.conformance.plugins.module_utils._platform.devices import is_allocated
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Exactly
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import PROBES
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workload import Workload

from .requirement import DRA_SUPPORT

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.devices import DeviceId

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Whether the first pod is deleted."""

    happens: bool


class DeviceReleased(Check[Release]):
    """A second pod wants the very device that a first one has: it waits while the first runs, and gets it when the first is gone.

    Asking for one device by its UUID makes its pool a pool of one, so that the check takes one device of a cluster with many. A
    platform that gives a device away twice is caught while the first pod runs, one that never frees it afterwards.
    """

    id = "DRA-09"
    requirement = DRA_SUPPORT.id
    needs = PROBES
    title = "device released and used again"
    asks = "Is a device refused to a second pod while a first has it, and given to it when the first is deleted?"
    broken_looks_like = "Both pods have the device at once, or the second stays Pending after the first is gone."
    sources = ("KEP-4381: deallocation", "API reference ResourceClaim status.allocation")
    subject = Release(happens=True)
    control = Release(happens=False)
    control_reason = "device-not-released"
    subject_takes = devices(1, seconds=10)
    control_takes = devices(1, seconds=8)

    def observe(self, bench: Bench, variant: Release, /) -> None:
        """Runs a pod, lets another wait for its device, and deletes the first one or does not."""
        survey = bench.survey()
        survey.require_class()
        survey.require_free(1)
        name = bench.settings.device_class
        bench.pod("first", bench.claim("held", Exactly(device_class=name)))
        first = bench.running("first")
        held = allocated(first, {"slices": bench.pool("first", first)})
        if first.progress.stage is not Stage.RUNNING or len(held) != 1 or not held[0].uuid:
            return
        driver = json.dumps(held[0].id.driver)
        expression = f"has(device.attributes[{driver}].uuid) && device.attributes[{driver}].uuid == {json.dumps(held[0].uuid)}"
        bench.pod("next", bench.claim("wanted", Exactly(device_class=name, selectors=(expression,))))
        bench.placed("next", settle=0, fact="waiting")
        if variant.happens:
            bench.release("first")
            bench.running("next", settle=bench.settings.start_seconds)
        else:
            bench.placed("next")
        bench.holders(held[0].id)

    def evaluate(self, seen: Seen) -> Finding:
        """Follows the device from the first pod to the second."""
        first = Workload.read(seen.last("workload.first"))
        if first.progress.stage is not Stage.RUNNING:
            return undecided(first, who="the first pod")
        held = allocated(first, seen.last("pool.first"))
        if len(held) != 1 or not held[0].uuid:
            return inconclusive("device-not-identifiable", "the first pod's device publishes no uuid to ask for: see DRA-04")
        return self._while_held(Workload.read(seen.last("waiting.next")), held[0].id) or self._afterwards(seen, held[0].id)

    @staticmethod
    def _while_held(waiting: Workload, device: DeviceId) -> Finding | None:
        if any(allocation.id == device for allocation in waiting.allocations):
            found = f"{device} was given to a second claim while a first had it"
            return failure("device-allocated-twice", f"{found}, expected a refusal: see kube-scheduler")
        progress = waiting.progress
        if progress.stage is not Stage.REFUSED or not is_about_devices(progress.words):
            return undecided(waiting, who="the second pod, while the first runs,")
        return None

    def _afterwards(self, seen: Seen, device: DeviceId) -> Finding:
        after = Workload.read(seen.last("workload.next"))
        kept = [claim["metadata"]["name"] for claim in (seen.last("released.first") or {}).get("claims") or [] if is_allocated(claim)]
        if kept:
            found = f"claim {listed(kept)} is still allocated after its pod was deleted"
            return failure("claim-not-deallocated", f"{found}, expected that it is not: see kube-controller-manager")
        if after.progress.stage is Stage.REFUSED:
            return self._not_released(seen, str(device), words=after.progress.words)
        if after.progress.stage is not Stage.RUNNING or all(allocation.id != device for allocation in after.allocations):
            return undecided(after, who="the second pod, after the first was deleted,")
        return success("device-reused", f"{device} was refused to a second pod while the first ran, and given to it afterwards")

    @staticmethod
    def _not_released(seen: Seen, device: str, *, words: str) -> Finding:
        holders, ours = seen.last("holders") or [], seen.named("create.")
        mine = {f"{fact['body']['metadata']['namespace']}/{fact['body']['metadata']['name']}" for fact in (ours["held"], ours["wanted"])}
        others = [holder for holder in holders if holder not in mine]
        if others:
            return inconclusive("device-taken", f"{device} was taken by {listed(others)} in the meantime, so its release is not decided")
        return failure(
            "device-not-released", f"{device} is not given to the second pod, expected that it is free; the scheduler says: {words}"
        )
