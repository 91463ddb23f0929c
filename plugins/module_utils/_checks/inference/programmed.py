# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""INF-02: a new gateway comes to have an address and a proxy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.watched import Watched

from . import site
from .needs import ROUTING
from .objects import GATEWAY, address, current, gateway, holds
from .requirement import AI_INFERENCE

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGateway:
    """The gateway.

    Attributes:
        class_exists: whether its class is the one under test; otherwise one that nobody has made.
    """

    class_exists: bool


class Programmed(Check[NewGateway]):
    """A new Gateway is accepted and programmed by its controller, and gets an address at which somebody answers.

    A status is a controller's word; a proxy is what requests need.
    The control asks for a class that does not exist.
    """

    id = "INF-02"
    requirement = AI_INFERENCE.id
    title = "a new gateway is programmed"
    asks = "Is a new Gateway accepted and programmed, and does it get an address at which somebody answers?"
    broken_looks_like = "Programmed stays Unknown or False, or there is no address, or nobody answers at it."
    sources = ("Gateway API: Gateway, conditions Accepted and Programmed",)
    needs = ROUTING
    subject = NewGateway(class_exists=True)
    control = NewGateway(class_exists=False)
    control_reason = "not-accepted"

    def observe(self, bench: Bench, variant: NewGateway, /) -> None:
        """Waits for the shared gateway, or tries one of no class."""
        if variant.class_exists:
            site.stand(bench)
            return
        made = bench.create("gateway", gateway(bench.unique("absent-class")))
        uid = made["metadata"]["uid"]

        def programmed(found: JSON) -> bool:
            return any(item["metadata"]["uid"] == uid and site.is_programmed(item) for item in found)

        bench.until(
            lambda view: programmed(view.all("Gateway")) or None, of=(Watched(kind=GATEWAY),), seconds=bench.settings.settle_seconds
        )
        bench.read(site.GATEWAY_NAME, GATEWAY, name=made["metadata"]["name"])

    def evaluate(self, seen: Seen) -> Finding:
        """Looks at the gateway's status."""
        found = seen.last(site.GATEWAY_NAME)
        if not isinstance(found, dict) or "metadata" not in found:
            return inconclusive("gateway-not-seen", "the gateway was not read")
        for kind, reason in (("Accepted", "not-accepted"), ("Programmed", "not-programmed")):
            if not holds(found, kind):
                said = current(found, (found.get("status") or {}).get("conditions") or [], kind)
                words = f"{said.get('reason', 'nothing')}: {said.get('message', 'no controller has looked at it')}"
                return failure(reason, f"the gateway's condition {kind} is {said.get('status', 'missing')} ({words}), expected True")
        if not address(found):
            return failure("no-address", "the gateway is programmed and has no address, expected one: see its Service")
        standing = seen.last("standing")
        if not isinstance(standing, dict) or standing.get("reached") is not True or not isinstance(seen.last(site.READY), dict):
            return inconclusive("address-not-tried", "nobody asked at the address: the client or the backends were not ready in time")
        if not site.programmed_at(seen):
            return failure("address-silent", f"nobody answers at {address(found)}, expected the gateway's proxy: see its pods")
        return success("programmed", f"the gateway is accepted, programmed and answers at {address(found)}")
