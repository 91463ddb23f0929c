# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks that ask the autoscaler for something have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import NODE_GROUPS, Takes, one_at_a_time

from .demand import Demand, Wanted, ask_in_vain
from .growth import GROWTH, grow_and_shrink
from .needs import GROWS
from .requirement import CLUSTER_AUTOSCALING

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Side
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


class AsksForNodes(Check[Demand]):
    """A check whose variant says what a pod asks for: the accelerators of one node, which the scenario gives it, or what nobody can."""

    requirement = CLUSTER_AUTOSCALING.id
    needs = GROWS

    def takes(self, side: Side) -> Takes:
        """The scenario's, or the groups for as long as it asks in vain."""
        return GROWTH if self.variant(side).wanted is Wanted.ONE_NODE else one_at_a_time(NODE_GROUPS, seconds=8)

    def observe(self, bench: Bench, variant: Demand, /) -> None:
        """Plays the scenario, or takes part in it; or asks in vain."""
        if variant.wanted is Wanted.ONE_NODE:
            grow_and_shrink(bench)
        else:
            ask_in_vain(bench, variant)
