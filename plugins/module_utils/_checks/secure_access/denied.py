# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SAA-02: who did not ask has no access, on the same node, with the same image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import NO_ACCELERATORS, Probe

from .probing import MAKER, NEEDS, OPEN_SPACE, not_running, start
from .requirement import SECURE_ACCESS
from .sight import Opening, Sight, attempt, look, openings, sight

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Whether the second pod asks for an accelerator."""

    made: bool


class DeniedWithoutRequest(Check[Request]):
    """A pod without a request, on the node and with the image of one that has an accelerator, reaches none.

    That a program is not found proves nothing, so nothing rests on programs: the pod runs as root, makes device files of the numbers
    that the first pod had, and opens them; the kernel says whether it may. The control is the same pod with a request: it sees the
    accelerator by the same means, on the same node.
    """

    id = "SAA-02"
    requirement = SECURE_ACCESS.id
    needs = NEEDS
    title = "no access without a request, on the same node"
    asks = "Is a pod without a request, on an accelerator node and with the image of one that has access, kept from all device files?"
    broken_looks_like = "The pod sees a device file or a UUID, or may open a device file that it has made with an accelerator's numbers."
    sources = ("KAR-0049", "cgroups: device controller", "specification: secure_accelerator_access")
    subject = Request(made=False)
    control = Request(made=True)
    control_reason = "accelerator-reached"
    subject_takes = devices(1, seconds=8)
    control_takes = devices(1, seconds=10)

    def observe(self, bench: Bench, variant: Request, /) -> None:
        """Learns node and numbers from a pod that has access, and lets another one try there."""
        space = bench.space("open", level=OPEN_SPACE)
        witness = start(bench, "witness", Probe(accelerators=bench.accelerators("gpu")))
        if witness.progress.stage is not Stage.RUNNING:
            return
        known, node = look(bench, "witness"), (witness.pod or {})["spec"]["nodeName"]
        asks = NO_ACCELERATORS
        if variant.made:
            bench.release("witness")
            asks = bench.accelerators("second", space=space)
        tried = start(bench, "probe", Probe(accelerators=asks, node=node, capabilities=MAKER), space=space)
        if tried.progress.stage is Stage.RUNNING:
            look(bench, "probe")
            attempt(bench, "probe", known.nodes.values())

    def evaluate(self, seen: Seen) -> Finding:
        """Reads what the second pod could reach."""
        problem = not_running(seen, "witness", who="the pod with access") or not_running(seen, "probe", who="the pod that tries")
        if problem:
            return problem
        known, found = sight(seen.last("look.witness.probe")), sight(seen.last("look.probe.probe"))
        opened = openings(seen.last("try.probe.probe"))
        if known is None or not known.numbers:
            return inconclusive("numbers-unknown", "the pod with access shows no device file of an accelerator that could be tried")
        if found is None or opened is None or set(known.nodes.values()) - set(opened):
            return inconclusive("pod-not-asked", "the pod did not say to its end what it sees and can open")
        nodes = sorted({str(seen.last(f"workload.{role}")["pod"]["spec"]["nodeName"]) for role in ("witness", "probe")})
        return self._judged(found, opened, nodes=nodes)

    @staticmethod
    def _judged(found: Sight, opened: Mapping[str, Opening], *, nodes: list[str]) -> Finding:
        reached = [number for number, opening in opened.items() if opening is Opening.REACHED]
        if found.nodes or found.uuids or reached:
            said = f"the pod on {listed(nodes)} sees {found.words} and may open {listed(reached)}"
            return failure("accelerator-reached", f"{said}, expected nothing: see the runtime's and the device plugin's configuration")
        if len(nodes) != 1:
            return inconclusive("other-node", f"the pods ran on {listed(nodes)}, expected one node")
        if set(opened.values()) != {Opening.DENIED}:
            return inconclusive("opening-undecided", f"what came of opening {listed(opened)} is not known: see observations.jsonl")
        return success("access-denied", f"on {nodes[0]} the pod sees no device file, and the kernel refuses it {listed(opened)}")
