# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SAA-05: a pod with an accelerator cannot open another pod's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices
from ansible_collections.ailab.conformance.plugins.module_utils._platform.places import require_place
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import Probe

from .probing import MAKER, NEEDS, OPEN_SPACE, not_running, start
from .requirement import SECURE_ACCESS
from .sight import Opening, attempt, look, openings, sight

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whose accelerator the first pod tries to open.

    Attributes:
        owner: ``second``, the other pod, or ``first``, itself.
    """

    owner: str


class CrossAccessDenied(Check[Target]):
    """A pod that has an accelerator makes a device file with the numbers of another pod's, and may not open it.

    It runs as root and may make device files; only the kernel's device filter stands between it and the other's accelerator. The
    control opens its own by the same means.
    """

    id = "SAA-05"
    requirement = SECURE_ACCESS.id
    needs = NEEDS
    title = "another pod's accelerator cannot be opened"
    asks = "Is a pod with an accelerator refused by the kernel when it opens a device file with the numbers of another pod's?"
    broken_looks_like = "The device file opens, or fails for want of a driver only (ENXIO): the container's device filter let it through."
    sources = ("KAR-0049", "cgroups: device controller", "open(2)")
    subject = Target(owner="second")
    control = Target(owner="first")
    control_reason = "accelerator-opened"
    subject_takes = devices(2, seconds=6)
    control_takes = devices(2, seconds=6)

    def observe(self, bench: Bench, variant: Target, /) -> None:
        """Runs two pods on a node, and lets the first try."""
        space = bench.space("open", level=OPEN_SPACE)
        place = require_place(bench, free=2)
        for role in ("first", "second"):
            asks = bench.accelerators(role, space=space)
            if (
                start(bench, role, Probe(accelerators=asks, node=place.node, capabilities=MAKER), space=space).progress.stage
                is not Stage.RUNNING
            ):
                return
        seen = {role: look(bench, role) for role in ("first", "second")}
        bench.note("target", {"owner": variant.owner, "numbers": list(seen[variant.owner].numbers)})
        attempt(bench, "first", seen[variant.owner].numbers)

    def evaluate(self, seen: Seen) -> Finding:
        """Reads what the kernel said."""
        problem = not_running(seen, "first", who="the first pod") or not_running(seen, "second", who="the second pod")
        if problem:
            return problem
        target, opened = seen.last("target"), openings(seen.last("try.first.probe"))
        if not target or not target["numbers"]:
            return inconclusive("numbers-unknown", "the accelerator that was to be opened shows no device file")
        if opened is None or set(target["numbers"]) - set(opened):
            return inconclusive("pod-not-asked", "the first pod did not say to its end what it can open")
        reached = [number for number in target["numbers"] if opened[number] is Opening.REACHED]
        if reached:
            sentence = f"the first pod may open {listed(reached)} of the {target['owner']} pod, expected a refusal by the kernel"
            return failure("accelerator-opened", f"{sentence}: see the container's device rules")
        return self._denied(seen, {number: opened[number] for number in target["numbers"]})

    @staticmethod
    def _denied(seen: Seen, opened: Mapping[str, Opening]) -> Finding:
        own, other = (sight(seen.last(f"look.{role}.probe")) for role in ("first", "second"))
        if own is None or other is None or not own.numbers or not set(own.numbers).isdisjoint(other.numbers):
            return inconclusive("pods-not-separate", "the two pods do not have an accelerator each: see SAA-04")
        if set(opened) != set(other.numbers):
            return inconclusive("other-not-tried", f"tried were {listed(opened)}, expected those of the second pod: {other.words}")
        if set(opened.values()) != {Opening.DENIED}:
            return inconclusive("opening-undecided", f"what came of opening {listed(opened)} is not known: see observations.jsonl")
        return success("cross-access-denied", f"the kernel refuses the first pod {listed(opened)}, which the second pod has")
