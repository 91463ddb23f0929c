# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AM-06: load on an accelerator shows in its metrics, and so does the end of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices

from .judging import FromMetrics
from .load import BURNING, FIRST, Load, Works, device, limit, perform, phase, unfinished
from .needs import LOADING
from .requirement import ACCELERATOR_METRICS
from .settings import Names

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

_MOMENTS = ("idle", "busy", "after")


class WorkloadDriven(FromMetrics, Check[Load]):
    """Utilisation and used memory rise with a load and fall with its end.

    An exporter that invents numbers is always a little busy; one that reads another device never is. The idle value is seen first. The
    control is the same pod on the same kind of device, which does nothing.
    """

    id = "AM-06"
    requirement = ACCELERATOR_METRICS.id
    title = "load moves utilisation and memory"
    asks = "Is an accelerator idle before a load, busy and with more memory in use during it, and idle again afterwards?"
    broken_looks_like = "Utilisation or memory stay where they were under load, or stay high when it has ended."
    sources = ("KAR-0059: workload-driven case", "specification: utilization and memory usage")
    needs = LOADING
    subject = Load()
    control = Load(works=Works.NEITHER)
    control_reason = "load-not-seen"
    subject_takes = devices(1, lock=BURNING, seconds=12)
    control_takes = devices(1, seconds=8)

    def observe(self, bench: Bench, variant: Load, /) -> None:
        """Reads the metrics before, during and after."""
        perform(bench, variant)

    def judge(self, seen: Seen, names: Names, /) -> Finding:
        """Compares the three moments."""
        if (problem := unfinished(seen, FIRST)) is not None:
            return problem
        uuid = device(seen, FIRST)
        if not uuid:
            return inconclusive("device-unknown", "the pod did not say which one device it sees, so its metrics cannot be told")
        busy, used = ([_value(seen, moment, uuid, name) for moment in _MOMENTS] for name in (names.utilization, names.memory_used))
        if None in {*busy[:2], *used[:2]}:
            return failure("device-without-metrics", f"{uuid} has no {names.utilization} or {names.memory_used} while a pod has it")
        idle, loaded, after = (value if value is not None else math.inf for value in busy)
        grown, left = ((value if value is not None else math.inf) - (used[0] or 0.0) for value in used[1:])
        return next(self._problems(seen, uuid, (idle, loaded, after), (grown, left)), None) or success(
            "load-seen",
            f"{uuid}: {idle:g} % before, {loaded:g} % and {grown:g} MiB more under load, {after:g} % and {left:g} MiB afterwards",
        )

    @staticmethod
    def _problems(seen: Seen, uuid: str, busy: tuple[float, float, float], more: tuple[float, float]) -> Iterator[Finding]:
        least, most, memory = limit(seen, "busy_percent"), limit(seen, "idle_percent"), limit(seen, "memory_mib")
        (before, loaded, after), (grown, left) = busy, more
        if before > most:
            found = f"{uuid} was at {before:g} % before the load"
            yield inconclusive("not-idle-before", f"{found}, expected at most {most:g}: who else uses it?")
        if not loaded >= least:
            yield failure("load-not-seen", f"{uuid} went from {before:g} to {loaded:g} % under load, expected at least {least:g}")
        if not grown >= memory:
            yield failure("memory-not-seen", f"{uuid} had {grown:g} MiB more in use under load, expected {memory:g}")
        if math.inf in {after, left}:
            yield inconclusive("end-not-seen", f"the metrics of {uuid} were not read after the load")
        if not after <= most:
            yield failure("load-never-ends", f"{uuid} was still at {after:g} % after the load had ended, expected at most {most:g}")
        if not left < memory:
            yield failure(
                "memory-stays", f"{uuid} still had {left:g} MiB more in use after the load had ended, expected less than {memory:g}"
            )


def _value(seen: Seen, moment: str, uuid: str, name: str) -> float | None:
    accelerator = phase(seen, moment).get(uuid)
    return accelerator.value(name) if accelerator else None
