# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SAA-01: a pod that asks for accelerators gets exactly those that it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.outcome import allocated, is_about_devices, undecided
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices
from ansible_collections.ailab.conformance.plugins.module_utils._platform.places import places
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import Probe
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workload import Workload

from .probing import NEEDS, start
from .requirement import SECURE_ACCESS
from .sight import Sight, look, sight

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How many accelerators are asked for.

    Attributes:
        more_than_a_node_has: by how many more than any node has; 0 for just one accelerator.
    """

    more_than_a_node_has: int


class GrantedExactly(Check[Amount]):
    """An unprivileged pod with a request runs and sees the accelerator that it was given, and no other.

    It has no privileges, no host paths and no capabilities, so whatever it sees was brought by the platform. A platform that shows all
    accelerators to whoever asks for one is caught by counting, one that grants without counting by the control: it asks for one more
    than any node has, and must be refused for that reason.
    """

    id = "SAA-01"
    requirement = SECURE_ACCESS.id
    needs = NEEDS
    title = "access by request, and only to what was granted"
    asks = "Does an unprivileged pod that asks for one accelerator see exactly the one that it was given?"
    broken_looks_like = "The pod sees none, several, or another one than was allocated to it; or a request for too many is granted."
    sources = ("KAR-0049", "specification: secure_accelerator_access", "Kubernetes documentation: device plugins", "KEP-4381")
    subject = Amount(more_than_a_node_has=0)
    control = Amount(more_than_a_node_has=1)
    control_reason = "accelerator-not-granted"
    subject_takes = devices(1, seconds=5, first=True)

    def observe(self, bench: Bench, variant: Amount, /) -> None:
        """Runs a pod with a request, and asks it what it sees."""
        found = places(bench)
        if not found:
            raise PreconditionError(
                name="no-accelerators",
                what=f"looking for accelerators of {bench.allocator}",
                found="no node that has any",
                expected="one",
                look="kubectl get resourceslices, and the nodes' allocatable resources",
            )
        most = max(place.total for place in found)
        count = most + variant.more_than_a_node_has if variant.more_than_a_node_has else 1
        bench.note("asked", {"count": count, "most": most, "allocator": bench.allocator.value})
        workload = start(bench, "probe", Probe(accelerators=bench.accelerators("gpu", count)))
        bench.pool("probe", workload)
        if workload.progress.stage is Stage.RUNNING:
            look(bench, "probe")

    def evaluate(self, seen: Seen) -> Finding:
        """Compares what was granted with what the pod sees."""
        asked, workload = seen.last("asked"), Workload.read(seen.last("workload.probe"))
        progress = workload.progress
        if progress.stage is Stage.REFUSED:
            return self._refused(asked, progress.words)
        if progress.stage is not Stage.RUNNING or asked is None:
            return undecided(workload, who="the pod")
        found = sight(seen.last("look.probe.probe"))
        if found is None:
            return inconclusive("pod-not-asked", "the pod runs, but did not say to its end what it sees")
        granted = allocated(workload, seen.last("pool.probe")) if workload.claims else []
        if workload.claims and (len(granted) != asked["count"] or not all(device.uuid for device in granted)):
            return inconclusive("grant-not-identifiable", "the running pod's claim names no published device with a uuid: see DRA-04")
        return self._compared(found, count=int(asked["count"]), granted=tuple(sorted(device.uuid for device in granted)))

    @staticmethod
    def _refused(asked: dict[str, int], words: str) -> Finding:
        about = f"a pod that asks for {asked['count']} accelerators, where a node has at most {asked['most']}, got none"
        if asked["count"] <= asked["most"] or not (is_about_devices(words) or "Insufficient" in words):
            return inconclusive("pod-unschedulable", f"{about}, which says nothing about access: {words}")
        return failure("accelerator-not-granted", f"{about}; the scheduler says: {words}")

    @staticmethod
    def _compared(found: Sight, *, count: int, granted: tuple[str, ...]) -> Finding:
        if not found.uuids and not found.numbers:
            return failure("accelerator-not-visible", f"the pod sees no accelerator, expected {count}: {found.words}")
        if max(len(found.uuids), len(found.numbers)) > count:
            return failure("more-visible-than-granted", f"the pod sees {found.words}, expected {count}: see the runtime's device injection")
        if granted and found.uuids and tuple(sorted(found.uuids)) != granted:
            return failure("other-than-granted", f"the pod sees {listed(found.uuids)}, expected {listed(granted)}: see the driver's log")
        if granted and not found.uuids:
            return inconclusive(
                "uuid-not-readable", f"nvidia-smi lists no UUID in the pod, so that it is not known which it sees: {found.words}"
            )
        return success("exactly-granted", f"the pod sees {found.words}, which is what it was given")
