# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AM-03: utilisation and memory of every accelerator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import counted, failure, inconclusive, not_run, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform.devices import current, devices

from .edits import first_device, with_bodies
from .judging import FromMetrics
from .needs import ALL_NODES, READING
from .requirement import ACCELERATOR_METRICS
from .scrapes import NAMES, Accelerator, by_uuid, exporters, scrape
from .settings import Names

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_MIB = 1 << 20
_TOLERANCE = 0.1
"""Part of the memory that drivers keep for themselves, so that used and free do not add up to all of it."""


class CoreMetrics(FromMetrics, RecordedControl[Situation]):
    """Every accelerator has one utilisation and one amount of used and of free memory, and the amounts make sense.

    A clock of the memory says nothing about its use, whatever its name has in common with it. The control is what was just read, with
    the memory in use of one accelerator under the name of such a clock.
    """

    id = "AM-03"
    requirement = ACCELERATOR_METRICS.id
    title = "utilisation and memory of every accelerator"
    asks = "Has every accelerator a utilisation from 0 to 100 percent, and used and free memory that add up to what it has?"
    broken_looks_like = "A core metric is missing for an accelerator, is out of range, or used and free memory do not make the whole."
    sources = ("specification: core set of metrics", "KAR-0059", "dcgm-exporter: default counters")
    reads_only = True
    needs = READING
    subject = AS_IT_IS
    control = Situation(cluster="as it is, with a memory clock in place of the memory that one accelerator uses")
    control_reason = "core-metric-missing"
    subject_takes = ALL_NODES

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Reads the exporters and what devices publish about their memory."""
        bench.note("slices", bench.survey().slices)
        scrape(bench, "now", exporters(bench))

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same scrapes with one series renamed."""
        names = Names.read(subject.last(NAMES))
        device = first_device(subject, "now", names.device)

        def renamed(body: str) -> str:
            lines = body.splitlines(keepends=True)
            mine = (line.startswith(f"{names.memory_used}{{") and f'"{device}"' in line for line in lines)
            changed = (line.replace(names.memory_used, "memory_clock", 1) if hit else line for line, hit in zip(lines, mine, strict=True))
            return "".join(changed)

        return with_bodies(subject, "now", renamed)

    def judge(self, seen: Seen, names: Names, /) -> Finding:
        """Looks at every accelerator."""
        if not isinstance(seen.last("slices"), list):
            return inconclusive("cluster-not-seen", "the devices were not read")
        found = by_uuid(seen, "now", names)
        if not found:
            return not_run("no-accelerators", f"no series carries the label {names.device}")
        sizes = {device.uuid: float(device.amount("memory") or 0) / _MIB for device in devices(current(seen.last("slices")))}
        for accelerator in found.values():
            problem = _missing(accelerator, names) or _absurd(accelerator, names, sizes)
            if problem is not None:
                return problem
        return success("core-metrics-there", f"{counted(len(found), 'accelerator')}, each with utilisation, used and free memory")


def _missing(accelerator: Accelerator, names: Names) -> Finding | None:
    for name in (names.utilization, names.memory_used, names.memory_free):
        if accelerator.value(name) is None:
            count = len({series.value for series in accelerator.series if series.name == name})
            found = f"{count} values of {name} for {accelerator.uuid} on {accelerator.node}"
            return failure("core-metric-missing", f"{found}, expected one: see the exporter's list of counters")
    return None


def _absurd(accelerator: Accelerator, names: Names, sizes: Mapping[str, float]) -> Finding | None:
    busy, used, unused = (accelerator.value(name) or 0.0 for name in (names.utilization, names.memory_used, names.memory_free))
    if not 0 <= busy <= 100:
        return failure("out-of-range", f"{names.utilization} of {accelerator.uuid} is {busy:g}, expected 0 to 100")
    if not (used >= 0 and unused >= 0 and used + unused > 0):
        return failure("out-of-range", f"{accelerator.uuid} has {used:g} MiB used and {unused:g} MiB free, expected amounts")
    size = sizes.get(accelerator.uuid, 0.0)
    if size and not (1 - _TOLERANCE) * size <= used + unused <= (1 + _TOLERANCE) * size:
        found = f"{used:g} MiB used and {unused:g} MiB free on {accelerator.uuid}"
        return failure("memory-does-not-add-up", f"{found}, expected {size:g} MiB together, as its ResourceSlice publishes")
    return None
