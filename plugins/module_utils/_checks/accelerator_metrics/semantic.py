# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AM-10: the core metrics have names in OpenTelemetry's semantic conventions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl

from .edits import with_bodies
from .judging import FromMetrics
from .needs import ALL_NODES, READING
from .requirement import ACCELERATOR_METRICS
from .scrapes import NAMES, by_uuid, exporters, scrape
from .settings import Names

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

MAP: Mapping[str, str] = {
    "DCGM_FI_DEV_GPU_UTIL": "hw.gpu.utilization, divided by 100",
    "DCGM_FI_DEV_FB_USED": "hw.gpu.memory.usage, MiB to By",
    "DCGM_FI_DEV_FB_FREE": "hw.gpu.memory.limit less hw.gpu.memory.usage, MiB to By",
    "DCGM_FI_DEV_GPU_TEMP": "hw.temperature, Cel",
    "DCGM_FI_DEV_POWER_USAGE": "hw.power, W",
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": "hw.energy, mJ to J",
}
"""Metric of dcgm-exporter → metric and unit of OpenTelemetry. Source: semantic conventions for hardware metrics, hw.gpu."""


class SemanticNames(FromMetrics, RecordedControl[Situation]):
    """Each core metric that is exported is one of those whose OpenTelemetry counterpart is known, or is named by it.

    The specification asks for alignment with emerging standards in the form of a wish, so the requirement does not depend on it. The
    control is what was just read, with the utilisation under a name of its own.
    """

    id = "AM-10"
    requirement = ACCELERATOR_METRICS.id
    title = "core metrics map to OpenTelemetry"
    asks = "Is there a metric of OpenTelemetry's semantic conventions for each exported core metric?"
    broken_looks_like = "A core metric has a name that stands in no convention, so that it has to be translated by hand."
    sources = ("specification: should align with emerging standards, such as OpenTelemetry", "OpenTelemetry semantic conventions: hardware")
    mandatory = False
    reads_only = True
    needs = READING
    subject = AS_IT_IS
    control = Situation(cluster="as it is, with the utilisation under a name of its own")
    control_reason = "metric-unmapped"
    subject_takes = ALL_NODES

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Reads the exporters."""
        scrape(bench, "now", exporters(bench))

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same scrapes with one metric renamed, and the setting that names it."""
        old = Names.read(subject.last(NAMES)).utilization
        facts = with_bodies(subject, "now", lambda body: body.replace(old, "vendor_busyness"))
        return [(name, {**data, "utilization": "vendor_busyness"} if name == NAMES else data) for name, data in facts]

    def judge(self, seen: Seen, names: Names, /) -> Finding:
        """Looks every core metric up."""
        exported = {series.name for accelerator in by_uuid(seen, "now", names).values() for series in accelerator.series}
        wanted = [name for name in (*names.core, names.temperature, names.power) if name in exported]
        if not wanted:
            return inconclusive("metrics-not-seen", "no core metric is exported, so there is none to map")
        if unmapped := [name for name in wanted if name not in MAP and not name.startswith("hw_")]:
            return failure("metric-unmapped", f"no OpenTelemetry metric is known for {listed(unmapped)}, expected one in hw.*")
        return success("all-mapped", "; ".join(f"{name} is {MAP.get(name, name)}" for name in wanted))
