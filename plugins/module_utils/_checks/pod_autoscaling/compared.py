# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks that compare two phases of the one scenario have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check

from .needs import SCALES
from .phases import Phase, compared
from .requirement import POD_AUTOSCALING
from .variants import Moments
from .wave import WAVE, up_and_down

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


class ComparesPhases(Check[Moments]):
    """A check whose variant names two phases of the scenario that goes up and down."""

    requirement = POD_AUTOSCALING.id
    needs = SCALES
    subject_takes = WAVE
    control_takes = WAVE

    def observe(self, bench: Bench, variant: Moments, /) -> None:
        """Plays the scenario, or takes part in it."""
        up_and_down(bench)
        bench.note("moments", {"before": variant.before, "after": variant.after})

    def evaluate(self, seen: Seen) -> Finding:
        """Compares the phases, where both were seen to their end."""
        found = compared(seen)
        return self.compare(seen, *found) if isinstance(found, tuple) else found

    @abstractmethod
    def compare(self, seen: Seen, before: Phase, after: Phase, /) -> Finding:
        """Judges the later phase by the earlier one. Pure."""
