# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DRA-04: devices say what they are, so that more than their number can be asked for."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._platform.devices import Device, current, devices

from .requirement import DRA_SUPPORT

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

ATTRIBUTES = ("uuid", "productName", "driverVersion")
CAPACITY = "memory"


class RichAttributes(RecordedControl[Situation]):
    """Every device has a UUID of its own, a product name, a driver version and an amount of memory.

    Two devices under one UUID would make every later comparison by UUID worthless, so uniqueness is part of it. The control is what
    was just seen, with the UUID of one device taken away.
    """

    id = "DRA-04"
    requirement = DRA_SUPPORT.id
    title = "devices carry rich attributes"
    asks = f"Does every device publish {', '.join(ATTRIBUTES)} and capacity {CAPACITY}, and a UUID that no other device has?"
    broken_looks_like = "A device has only a name, or two devices have the same UUID."
    sources = ("KEP-4381", "NVIDIA DRA driver: published attributes", "specification: beyond simple counts")
    reads_only = True
    subject = AS_IT_IS
    control = Situation(cluster="as it is, with the UUID of the first device taken away")
    control_reason = "attribute-missing"

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Reads the slices of the class's drivers."""
        bench.note("slices", list(bench.survey().slices))

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same slices with one attribute less."""
        slices = copy.deepcopy(subject.last("slices") or [])
        first: dict[str, JSON] = next((device for item in slices for device in item["spec"].get("devices") or []), {})
        first["attributes"] = {name: value for name, value in (first.get("attributes") or {}).items() if name.rpartition("/")[2] != "uuid"}
        return [("slices", slices)]

    def evaluate(self, seen: Seen) -> Finding:
        """Looks at every device."""
        slices = seen.last("slices")
        if slices is None:
            return inconclusive("slices-not-seen", "the ResourceSlices were not read")
        found = devices(current(slices))
        if not found:
            return Finding(
                Verdict.NOT_RUN, "no-devices", "no device is published, so none can be looked at: see kubectl get resourceslices"
            )
        missing = [f"{name} of {device.id}" for device in found for name in self._missing(device)]
        if missing:
            return failure(
                "attribute-missing", f"{len(missing)} missing, first {missing[0]}; expected {', '.join(ATTRIBUTES)} and {CAPACITY}"
            )
        twice = [uuid for uuid, count in Counter(device.uuid for device in found).items() if count > 1]
        if twice:
            return failure(
                "uuid-not-unique", f"UUID {twice[0]} belongs to more than one device, expected one device per UUID: see the driver"
            )
        products = listed(sorted({str(device.attributes["productName"]) for device in found}))
        return success("attributes-complete", f"{len(found)} devices, all attributes there; products: {products}")

    @staticmethod
    def _missing(device: Device) -> Iterator[str]:
        yield from (f"attribute {name}" for name in ATTRIBUTES if not device.attributes.get(name))
        if not device.amount(CAPACITY):
            yield f"capacity {CAPACITY}"
