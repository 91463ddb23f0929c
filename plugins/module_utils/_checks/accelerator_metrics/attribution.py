# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AM-07: metrics say whose accelerator it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices

from .judging import FromMetrics
from .load import FIRST, Load, Works, device, perform, phase, pod_of, unfinished
from .needs import LOADING
from .requirement import ACCELERATOR_METRICS
from .scrapes import Accelerator
from .settings import Names

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


Accelerators = Mapping[str, Accelerator]


class Attribution(FromMetrics, Check[Load]):
    """The series of a pod's accelerator name the pod, those of other accelerators do not, and when the pod is gone nobody is named.

    Without it nobody can scale, bill or debug by these metrics. The control is a pod of the same shape that has no accelerator.
    """

    id = "AM-07"
    requirement = ACCELERATOR_METRICS.id
    title = "metrics are attributed to pods"
    asks = "Do the series of a pod's accelerator, and no other's, carry its namespace and name as long as it exists?"
    broken_looks_like = "The labels are missing, name another pod, such as the exporter's, or stay when the pod is gone."
    sources = ("dcgm-exporter: pod mapping", "kubelet API podresources/v1", "KAR-0059")
    needs = LOADING
    subject = Load(works=Works.NEITHER, waits=False)
    control = Load(works=Works.NEITHER, waits=False, accelerators=False)
    control_reason = "attribution-missing"
    subject_takes = devices(1, seconds=8)

    def observe(self, bench: Bench, variant: Load, /) -> None:
        """Reads the metrics while the pod has its device, and after."""
        perform(bench, variant)

    def judge(self, seen: Seen, names: Names, /) -> Finding:
        """Looks for the pod in the labels."""
        if (problem := unfinished(seen, FIRST)) is not None:
            return problem
        holding, after = phase(seen, "idle"), phase(seen, "after")
        if not holding or not after:
            return inconclusive("metrics-not-seen", "the metrics were not read both while the pod ran and after it was gone")
        return next(self._problems(seen, names, holding, after), None) or self._attributed(seen)

    @staticmethod
    def _problems(seen: Seen, names: Names, holding: Accelerators, after: Accelerators) -> Iterator[Finding]:
        pod, inside = pod_of(seen, FIRST), device(seen, FIRST)
        mine, left = ({uuid: named for uuid, one in found.items() if (named := one.attributed(pod, names))} for found in (holding, after))
        if not mine:
            labels = f"{names.namespace} and {names.pod}"
            yield failure("attribution-missing", f"no accelerator's {names.utilization} carries {'/'.join(pod)} as {labels}")
        if list(mine) != [inside]:
            yield failure("attribution-wrong", f"{listed(sorted(mine))} attributed to the pod, expected {inside or 'the one it sees'}")
        if unnamed := [name for name in names.core if name not in mine.get(inside, [])]:
            yield failure("attribution-partial", f"{listed(unnamed)} of {inside} do not carry the pod, but {listed(mine[inside])} do")
        if left:
            yield failure("attribution-stays", f"{listed(sorted(left))} still attributed to the pod when it was gone, expected nobody")

    @staticmethod
    def _attributed(seen: Seen) -> Finding:
        uuid, pod = device(seen, FIRST), "/".join(pod_of(seen, FIRST))
        return success("attributed", f"{uuid} was {pod}'s in the metrics as long as the pod existed, and no other was")
