# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DRA-06: a claim is served by what a device is, not by how many there are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.outcome import allocated, refused, undecided
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Exactly
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import PROBES
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workload import Workload

from .requirement import DRA_SUPPORT

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.devices import Device

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """How much memory is asked for, as a multiple of what a free device has."""

    times: int


class AllocatedByAttribute(Check[Memory]):
    """A claim with a CEL selector gets a device that satisfies it, and none when none does.

    A scheduler that ignores the selector is caught twice: by the allocated device, and by the control, which asks for a hundred times
    the memory while a device is free. The free device is part of the proof: without it the control would stay Pending anyway.
    """

    id = "DRA-06"
    requirement = DRA_SUPPORT.id
    needs = PROBES
    title = "device allocated by its attributes"
    asks = "Does a claim with a CEL selector on product and memory get a device that has them?"
    broken_looks_like = "The claim gets a device that does not satisfy the selector, or none although one that satisfies it is free."
    sources = ("KEP-4381: CEL selectors", "specification: beyond simple counts")
    subject = Memory(times=1)
    control = Memory(times=100)
    control_reason = "claim-unallocated"
    subject_takes = devices(1, seconds=4)
    control_takes = devices(1, seconds=4)

    def observe(self, bench: Bench, variant: Memory, /) -> None:
        """Asks for a device like a free one, with so much memory."""
        survey = bench.survey()
        survey.require_class()
        device = survey.require_free(1)[0]
        product, minimum = str(device.attributes.get("productName") or ""), memory_of(device) * variant.times
        expression = like(device, minimum=minimum)
        bench.note("asked", {"product": product, "minimum": str(minimum), "expression": expression})
        bench.pod("probe", bench.template("template", Exactly(device_class=bench.settings.device_class, selectors=(expression,))))
        workload = bench.placed("probe")
        bench.pool("probe", workload)
        bench.survey()

    def evaluate(self, seen: Seen) -> Finding:
        """Compares the allocated device with what was asked for."""
        asked, workload = seen.last("asked"), Workload.read(seen.last("workload.probe"))
        stage = workload.progress.stage
        if asked is None or stage in {Stage.PENDING, Stage.ABSENT}:
            return undecided(workload, who="the pod")
        if stage is Stage.REFUSED:
            return refused(workload, seen, who="the pod")
        if seen.last("pool.probe") is None:
            return inconclusive("slices-not-seen", "the pod has a node, but the slices of its device's pool were not read")
        found = allocated(workload, seen.last("pool.probe"))
        if len(found) != 1:
            has = listed(str(allocation.id) for allocation in workload.allocations)
            return failure("allocation-not-published", f"the pod's claim has {has}, expected one device that a ResourceSlice publishes")
        amount, product = found[0].amount("memory"), str(found[0].attributes.get("productName") or "")
        has = f"{found[0].id} with product {product!r} and memory {amount}"
        wants = f"product {asked['product']!r} and at least {asked['minimum']}"
        if amount is None or amount < Decimal(asked["minimum"]) or product != asked["product"]:
            return failure("selector-ignored", f"the claim got {has}, expected {wants}: see kube-scheduler")
        return success("selector-satisfied", f"the claim got {has}; asked for was {wants}")


def memory_of(device: Device) -> int:
    """A device's memory in bytes.

    Raises:
        PreconditionError: it publishes none.
    """
    amount = device.amount("memory")
    if not amount:
        raise PreconditionError(
            name="device-memory",
            what=f"looking at {device.id}",
            found="no capacity memory",
            expected="one to select by",
            look="DRA-04, and kubectl get resourceslices -o yaml",
        )
    return int(amount)


def like(device: Device, *, minimum: int) -> str:
    """CEL that holds for devices of the same product with at least so many bytes of memory."""
    driver = json.dumps(device.id.driver)
    memory = (
        f"has(device.capacity[{driver}].memory) && device.capacity[{driver}].memory.compareTo(quantity({json.dumps(str(minimum))})) >= 0"
    )
    product = device.attributes.get("productName")
    if not product:
        return memory
    return f"{memory} && has(device.attributes[{driver}].productName) && device.attributes[{driver}].productName == {json.dumps(product)}"
