# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SAA-08: a claim serves its own namespace only."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.devices import is_allocated
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Exactly
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import is_placed
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import Accelerators, Probe
from ansible_collections.ailab.conformance.plugins.module_utils._platform.watched import Watched

from .probing import NEEDS
from .requirement import SECURE_ACCESS

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_TIMES = 3
"""The pod must stay without a node for so many settling times; with its claim it gets one in a fraction of the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespaces:
    """Whether pod and claim are in one namespace."""

    same: bool


class ForeignClaimUnusable(Check[Namespaces]):
    """A pod that names the claim of another namespace gets no node, and the claim no device.

    The scheduler does not even queue a pod whose claim it does not find, and says nothing about it, so that only time can tell. The
    control puts the pod beside the claim, where it gets a node within the same time: the claim could have been served.
    """

    id = "SAA-08"
    requirement = SECURE_ACCESS.id
    needs = NEEDS
    title = "claims of other namespaces cannot be used"
    asks = "Does a pod that names a ResourceClaim of another namespace stay without a node, and the claim without a device?"
    broken_looks_like = "The pod runs, or the claim is allocated for it."
    sources = ("KEP-4381: ResourceClaim is namespaced", "specification: secure_accelerator_access")
    mandatory = False
    subject = Namespaces(same=False)
    control = Namespaces(same=True)
    control_reason = "claim-used"
    subject_takes = devices(1, allocator=Allocator.DRA, seconds=5)
    control_takes = devices(1, allocator=Allocator.DRA, seconds=5)

    def observe(self, bench: Bench, variant: Namespaces, /) -> None:
        """Makes a claim, and a pod that names it."""
        space = bench.namespace if variant.same else bench.space("foreign")
        use = bench.claim("claim", Exactly(device_class=bench.settings.device_class))
        bench.probe("probe", Probe(accelerators=Accelerators(claim=use)), space=space)
        name = bench.name("probe-pod")

        def is_probe(item: JSON) -> bool:
            return item["kind"] != kinds.POD.name or bool(item["metadata"]["name"] == name)

        def placed(view: View) -> bool:
            return any(is_placed(pod) for pod in view.all(kinds.POD.name) if is_probe(pod))

        window = bench.settings.settle_seconds * _TIMES
        bench.watched("pods", placed, of=(Watched(kind=kinds.POD, space=space),), seconds=window, keep=is_probe)
        bench.ask("claim", "get", kinds.RESOURCE_CLAIM.path(name=use.claim, namespace=bench.namespace))

    def evaluate(self, seen: Seen) -> Finding:
        """Follows pod and claim."""
        waited, answer = seen.last("pods"), seen.last("claim")
        if not waited or not answer or answer["status"] != HTTPStatus.OK:
            return inconclusive("not-tried", "pod and claim were not read to their end")
        pods, claim = waited["objects"][kinds.POD.name], answer["body"]
        if len(pods) != 1:
            return inconclusive("pod-not-seen", f"{len(pods)} pods were seen, expected the one that names the claim")
        (pod,), name, home = pods, claim["metadata"]["name"], claim["metadata"]["namespace"]
        space = pod["metadata"]["namespace"]
        if is_placed(pod) or is_allocated(claim):
            where = pod["spec"].get("nodeName")
            return failure(
                "claim-used", f"a pod in {space} got node {where} with claim {name} of {home}, which is allocated: {is_allocated(claim)}"
            )
        if space == home or waited["waited"] < waited["limit"]:
            return inconclusive("too-soon", f"the pod in {space} has no node after {waited['waited']} s, which does not decide")
        return success(
            "claim-not-found", f"after {waited['waited']} s the pod in {space} has no node, and claim {name} of {home} no device"
        )
