# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DRA-05: a pod that asks for a device of a class gets one, and it is the one that was allocated."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.outcome import allocated, refused, undecided, uuids
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Exactly
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import PROBES
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workload import Workload

from .requirement import DRA_SUPPORT

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.devices import Device

JSON = Any

_LIST_DEVICES = ("nvidia-smi", "-L")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceClassUse:
    """The DeviceClass that is asked for.

    Attributes:
        exists: the class under test; otherwise one that nobody has made.
    """

    exists: bool


class AllocatedByClass(Check[DeviceClassUse]):
    """A claim made from a template is allocated, prepared, and its device is the only one that the pod sees.

    A driver that prepares another device than the scheduler allocated is caught by comparing UUIDs, one that is stopped by the
    kubelet's event, one that hands out everything by counting. The control asks for a class that does not exist.
    """

    id = "DRA-05"
    requirement = DRA_SUPPORT.id
    needs = PROBES
    title = "device allocated by class and visible in the pod"
    asks = "Does a pod with a claim for the class run, and does it see exactly the device that the scheduler allocated, by its UUID?"
    broken_looks_like = "The pod stays Pending or ContainerCreating, or nvidia-smi -L in it shows another UUID, more than one, or none."
    sources = ("KEP-4381", "API reference ResourceClaim", "KAR-0051", "specification: dra_support")
    subject = DeviceClassUse(exists=True)
    control = DeviceClassUse(exists=False)
    control_reason = "device-class-missing"
    subject_takes = devices(1, seconds=6, first=True)

    def observe(self, bench: Bench, variant: DeviceClassUse, /) -> None:
        """Runs a pod with a claim and asks it what it sees."""
        bench.survey()
        name = bench.settings.device_class if variant.exists else bench.identity.unique("absent-class")
        bench.ask("class", "get", kinds.DEVICE_CLASS.path(name=name))
        bench.pod("probe", bench.template("template", Exactly(device_class=name)))
        workload = bench.running("probe")
        bench.pool("probe", workload)
        if workload.progress.stage is Stage.RUNNING:
            bench.execute("probe", _LIST_DEVICES)
        else:
            bench.survey()

    def evaluate(self, seen: Seen) -> Finding:
        """Compares what was allocated with what the pod sees."""
        workload = Workload.read(seen.last("workload.probe"))
        if workload.progress.stage is not Stage.RUNNING:
            return self._stuck(workload, seen)
        if seen.last("pool.probe") is None:
            return inconclusive("slices-not-seen", "the pod runs, but the slices of its device's pool were not read")
        found = allocated(workload, seen.last("pool.probe"))
        if len(workload.allocations) != 1 or len(found) != 1:
            has = listed(str(allocation.id) for allocation in workload.allocations)
            sentence = f"the running pod's claim has {has}, expected one device that a ResourceSlice publishes"
            return failure("allocation-not-published", sentence)
        return self._visible(found[0], seen.last("exec.probe.probe"))

    @staticmethod
    def _stuck(workload: Workload, seen: Seen) -> Finding:
        progress = workload.progress
        if progress.stage is Stage.REFUSED and (seen.last("class") or {}).get("status") == HTTPStatus.NOT_FOUND:
            found = "the DeviceClass does not exist, so the pod stays Pending"
            return failure("device-class-missing", f"{found}; the scheduler says: {progress.words}")
        if progress.stage is Stage.REFUSED:
            return refused(workload, seen, who="the pod")
        if progress.stage is Stage.UNPREPARED:
            found = "the device was allocated and not prepared, expected a running pod"
            return failure("devices-unprepared", f"{found}; the kubelet says: {progress.words}")
        return undecided(workload, who="the pod")

    @staticmethod
    def _visible(device: Device, executed: JSON) -> Finding:
        if executed is None:
            return inconclusive("pod-not-asked", "the pod runs, but was not asked what it sees")
        if not device.uuid:
            return inconclusive(
                "device-not-identifiable", f"{device.id} publishes no uuid, so it cannot be recognised in the pod: see DRA-04"
            )
        shown = uuids(executed)
        if executed["exit_code"] != 0 or not shown:
            said = (executed["stderr"] or executed["stdout"]).strip()[:300]
            return failure(
                "device-not-visible", f"{' '.join(_LIST_DEVICES)} ended with {executed['exit_code']}, expected {device.uuid}: {said}"
            )
        if device.uuid not in shown:
            return failure(
                "device-mismatch",
                f"the pod sees {listed(shown)}, expected {device.uuid} of the allocated {device.id}: see the driver's log",
            )
        if len(shown) > 1:
            return failure(
                "more-devices-visible", f"the pod sees {listed(shown)}, expected only {device.uuid}: see the driver's CDI specification"
            )
        return success("device-matches", f"{device.id} was allocated, and the pod sees its UUID {device.uuid} and no other")
