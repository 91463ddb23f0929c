# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SAA-06: no environment variable gives access."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import NO_ACCELERATORS, Probe

from .probing import NEEDS, not_running, start
from .requirement import SECURE_ACCESS
from .sight import look, sight

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


_FORMS = ("all", "0", "void", "uuid")
"""Values of the variable that container runtimes have obeyed; ``uuid`` stands for the UUID of a real accelerator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Whether the pods ask for an accelerator beside the variable."""

    made: bool


class EnvironmentIgnored(Check[Request]):
    """Pods that set NVIDIA_VISIBLE_DEVICES, but ask for nothing, see no accelerator.

    Images set this variable, and a runtime in its old mode gives all accelerators of the node to whoever does. The control asks for one
    accelerator with the same variable set: it is seen there, on the same node, by the same means.
    """

    id = "SAA-06"
    requirement = SECURE_ACCESS.id
    needs = NEEDS
    title = "environment variables give no access"
    asks = "Do pods that set NVIDIA_VISIBLE_DEVICES in its known forms, without a request, see no accelerator on an accelerator node?"
    broken_looks_like = "A pod without a request sees device files or UUIDs because its image or its manifest sets a variable."
    sources = ("NVIDIA/k8s-device-plugin issues 87 and 195", "NVIDIA/gpu-operator issue 421", "KAR-0049")
    subject = Request(made=False)
    control = Request(made=True)
    control_reason = "accelerator-by-environment"
    subject_takes = devices(1, seconds=9)
    control_takes = devices(1, seconds=9)

    def observe(self, bench: Bench, variant: Request, /) -> None:
        """Learns a node and a UUID from a pod with access, and tries every form there."""
        witness = start(bench, "witness", Probe(accelerators=bench.accelerators("gpu")))
        if witness.progress.stage is not Stage.RUNNING:
            return
        known, node = look(bench, "witness"), (witness.pod or {})["spec"]["nodeName"]
        forms = ("all",) if variant.made else _FORMS
        bench.note("forms", list(forms))
        if variant.made:
            bench.release("witness")
        for form in forms:
            value = (known.uuids or ("all",))[0] if form == "uuid" else form
            env = {"NVIDIA_VISIBLE_DEVICES": value, "NVIDIA_DRIVER_CAPABILITIES": "all"}
            asks = bench.accelerators(form) if variant.made else NO_ACCELERATORS
            if start(bench, form, Probe(accelerators=asks, node=node, env=env)).progress.stage is Stage.RUNNING:
                look(bench, form)

    def evaluate(self, seen: Seen) -> Finding:
        """Reads what the pods see."""
        problem = not_running(seen, "witness", who="the pod with access")
        if problem:
            return problem
        forms = seen.last("forms") or []
        for form in forms:
            problem = not_running(seen, form, who=f"the pod with NVIDIA_VISIBLE_DEVICES={form}")
            if problem:
                return problem
            found = sight(seen.last(f"look.{form}.probe"))
            if found is None:
                return inconclusive("pod-not-asked", f"the pod with NVIDIA_VISIBLE_DEVICES={form} did not say to its end what it sees")
            if found.nodes or found.uuids:
                sentence = f"with NVIDIA_VISIBLE_DEVICES={form} a pod sees {found.words}, expected nothing"
                return failure("accelerator-by-environment", f"{sentence}: see accept-nvidia-visible-devices-envvar-when-unprivileged")
        known = sight(seen.last("look.witness.probe"))
        if set(forms) != set(_FORMS) or known is None or not known.numbers:
            return inconclusive(
                "forms-not-tried", f"tried were {listed(forms)}, beside a pod that shows an accelerator; expected {listed(_FORMS)}"
            )
        return success("environment-ignored", f"NVIDIA_VISIBLE_DEVICES set to {listed(forms)} shows nothing on a node with accelerators")
