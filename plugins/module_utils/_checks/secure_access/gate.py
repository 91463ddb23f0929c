# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SAA-07: a restricted namespace lets nobody around the platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import Needs
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import Probe
from ansible_collections.ailab.conformance.plugins.module_utils._platform.refusals import Author, read

from .requirement import SECURE_ACCESS

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


_DEVICE = "/dev/nvidia0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Where a pod with a host path is tried.

    Attributes:
        level: of the namespace (Pod Security Standards).
    """

    level: str


class HostPathRefused(Check[Space]):
    """A pod that mounts a device file of its node is refused in a restricted namespace.

    The control sends the same pod to a privileged namespace, where it is accepted: so it is the namespace's level that refuses it, and
    not a mistake in the pod. Both are dry runs; no such pod ever runs.
    """

    id = "SAA-07"
    requirement = SECURE_ACCESS.id
    needs = Needs(makes=(kinds.NAMESPACE,), tries=(kinds.POD,))
    title = "host paths to devices are refused where pods are restricted"
    asks = "Is a pod that mounts an accelerator's device file from its node refused in a restricted namespace, by Pod Security?"
    broken_looks_like = "The API server accepts the pod: anybody who may create pods could take an accelerator past the scheduler."
    sources = ("Pod Security Standards: restricted", "Pod Security Admission", "KAR-0049")
    subject = Space(level="restricted")
    control = Space(level="privileged")
    control_reason = "host-path-accepted"

    def observe(self, bench: Bench, variant: Space, /) -> None:
        """Sends the pod as a dry run."""
        space = bench.space("gated", level=variant.level)
        bench.attempt("pod", bench.probe_manifest(Probe(devices=(_DEVICE,))), space=space, dry_run=True)

    def evaluate(self, seen: Seen) -> Finding:
        """Reads who refused it."""
        refusal = read(seen.last("create.pod"))
        if refusal.author is Author.ACCEPTED:
            return failure("host-path-accepted", f"a pod that mounts {_DEVICE} of its node was accepted, expected a refusal")
        if refusal.author is Author.POD_SECURITY and "hostPath" in refusal.words:
            return success("host-path-refused", f"refused by Pod Security: {refusal.words}")
        return inconclusive(
            "refused-by-another", f"the answer is no word of Pod Security about host paths ({refusal.author}): {refusal.words}"
        )
