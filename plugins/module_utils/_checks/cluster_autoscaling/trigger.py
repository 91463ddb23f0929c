# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CA-03: the pod that is one too many waits because of accelerators, and of nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline

from .asked import AsksForNodes
from .demand import Demand, Wanted
from .outcome import looked_at, refusal

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding

JSON = Any


class WaitsForAccelerators(AsksForNodes):
    """The scheduler refuses the pod and names the accelerators as what is short.

    A pod that waits for an image, a volume or processor makes no claim about accelerators, so its growth would prove nothing. The
    control asks for more processor than any node has: its refusal must not be taken for one about accelerators.
    """

    id = "CA-03"
    title = "a pod waits because accelerators are short"
    asks = "Does the scheduler refuse one more pod, and say that it lacks the accelerator's resource?"
    broken_looks_like = "The pod is placed at once, or the scheduler speaks of something else."
    sources = ("KAR-0055", "kube-scheduler: NodeResourcesFit")
    subject = Demand(wanted=Wanted.ONE_NODE)
    control = Demand(wanted=Wanted.PROCESSOR)
    control_reason = "refused-for-another-reason"

    def evaluate(self, seen: Seen) -> Finding:
        """Reads the scheduler's words."""
        if (problem := looked_at(seen, "world.before")) is not None:
            return problem
        timeline, resource = Timeline.read(seen.last("trigger")), str(seen.last("group")["resource"])
        words = refusal(timeline)
        if not timeline.looked or not timeline.changes:
            return inconclusive("trigger-not-watched", "the pod that is one too many was not watched to the end")
        if not words:
            if timeline.placed:
                return failure("not-refused", "the pod that is one too many was placed at once, expected that there is no room for it")
            return inconclusive("scheduler-silent", "the scheduler has said nothing about the pod: see kube-scheduler")
        if not re.search(rf"Insufficient {re.escape(resource)}(?![\w/-]|\.\w)", words):
            return failure("refused-for-another-reason", f"the scheduler does not name {resource}: {words}")
        return success("accelerators-short", f"the scheduler says: {words}")
