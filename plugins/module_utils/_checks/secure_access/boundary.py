# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SAA-03: access ends at the container that asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import Probe

from .probing import MAKER, NEEDS, OPEN_SPACE, not_running, start
from .requirement import SECURE_ACCESS
from .sight import Opening, attempt, look, openings, sight

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


_CONTAINERS = ("one", "two")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The container that asks for the accelerator.

    Attributes:
        container: ``one`` or ``two``; it is always ``two`` that must see nothing.
    """

    container: str


class ContainerBoundary(Check[Asking]):
    """Of two containers of a pod, only the one with the request has access.

    Both ask the same questions with the same rights. The control swaps the request: now the other one sees the accelerator.
    """

    id = "SAA-03"
    requirement = SECURE_ACCESS.id
    needs = NEEDS
    title = "access ends at the container"
    asks = "Is the second container of a pod, which did not ask, kept from the accelerator of the first?"
    broken_looks_like = "The second container sees a device file or a UUID, or may open a device file with the numbers of the first one's."
    sources = ("KAR-0049", "cgroups: device controller")
    subject = Asking(container="one")
    control = Asking(container="two")
    control_reason = "outsider-reaches-accelerator"
    subject_takes = devices(1, seconds=6)
    control_takes = devices(1, seconds=6)

    def observe(self, bench: Bench, variant: Asking, /) -> None:
        """Runs a pod of two containers and asks both."""
        space = bench.space("open", level=OPEN_SPACE)
        asks = bench.accelerators("gpu", space=space)
        probe = Probe(accelerators=asks, containers=_CONTAINERS, using=(variant.container,), capabilities=MAKER)
        if start(bench, "probe", probe, space=space).progress.stage is not Stage.RUNNING:
            return
        seen = [look(bench, "probe", container=container) for container in _CONTAINERS]
        attempt(bench, "probe", {number for found in seen for number in found.nodes.values()}, container="two")

    def evaluate(self, seen: Seen) -> Finding:
        """Compares the containers."""
        problem = not_running(seen, "probe", who="the pod")
        if problem:
            return problem
        one, two = (sight(seen.last(f"look.probe.{container}")) for container in _CONTAINERS)
        opened = openings(seen.last("try.probe.two"))
        if one is None or two is None or opened is None:
            return inconclusive("pod-not-asked", "the containers did not say to their end what they see and can open")
        reached = [number for number, opening in opened.items() if opening is Opening.REACHED]
        if two.nodes or two.uuids or reached:
            said = f"container two sees {two.words} and may open {listed(reached)}"
            return failure("outsider-reaches-accelerator", f"{said}, expected nothing: see the runtime's device injection")
        if not one.numbers or set(one.nodes.values()) - set(opened):
            return inconclusive("numbers-unknown", f"container one shows no device file of an accelerator that could be tried: {one.words}")
        if set(opened.values()) != {Opening.DENIED}:
            return inconclusive("opening-undecided", f"what came of opening {listed(opened)} is not known: see observations.jsonl")
        return success("boundary-holds", f"container one sees {one.words}; container two none, and the kernel refuses it {listed(opened)}")
