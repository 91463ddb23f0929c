# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AM-04: temperature, power and interconnect."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import counted, failure, listed, not_run, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl

from .edits import first_device, with_bodies, without_lines
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


class AdditionalMetrics(FromMetrics, RecordedControl[Situation]):
    """Every accelerator has a temperature, a power draw and something about its links.

    The specification asks for these where the hardware shows them, so the requirement does not depend on this check. The control is
    what was just read, without the temperature of one accelerator.
    """

    id = "AM-04"
    requirement = ACCELERATOR_METRICS.id
    title = "temperature, power and interconnect of every accelerator"
    asks = "Has every accelerator a temperature, a power draw and at least one metric of its interconnect?"
    broken_looks_like = "One of the three is missing for an accelerator."
    sources = ("specification: additionally, other relevant metrics should be exposed", "KAR-0059")
    mandatory = False
    reads_only = True
    needs = READING
    subject = AS_IT_IS
    control = Situation(cluster="as it is, without the temperature of one accelerator")
    control_reason = "additional-metric-missing"
    subject_takes = ALL_NODES

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Reads the exporters."""
        scrape(bench, "now", exporters(bench))

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same scrapes without one line."""
        names = Names.read(subject.last(NAMES))
        device = first_device(subject, "now", names.device)

        def is_its_temperature(line: str) -> bool:
            return line.startswith(f"{names.temperature}{{") and f'"{device}"' in line

        return with_bodies(subject, "now", lambda body: without_lines(body, is_its_temperature))

    def judge(self, seen: Seen, names: Names, /) -> Finding:
        """Looks at every accelerator."""
        found = by_uuid(seen, "now", names)
        if not found:
            return not_run("no-accelerators", f"no series carries the label {names.device}")
        groups = {"temperature": (names.temperature,), "power": (names.power,), "interconnect": names.interconnect}
        for uuid, accelerator in found.items():
            there = {series.name for series in accelerator.series if math.isfinite(series.value)}
            if missing := [group for group, metrics in groups.items() if not there.intersection(metrics)]:
                looked = listed(metric for group in missing for metric in groups[group])
                sentence = f"{uuid} on {accelerator.node} has no {listed(missing)}, expected one of {looked}"
                return failure("additional-metric-missing", f"{sentence}; where the hardware shows none, say so in the notes")
        return success("additional-metrics-there", f"{counted(len(found), 'accelerator')}, each with temperature, power and interconnect")
