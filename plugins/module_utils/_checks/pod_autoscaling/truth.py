# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HPA-02: the metrics API says what the pod says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success

from .compared import ComparesPhases
from .phases import Phase
from .variants import Moments

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding

JSON = Any


class ValueTruth(ComparesPhases):
    """The value in the metrics API is the one that the pod was told, and gives when it is asked itself.

    An adapter that averages over minutes, or serves another series, is caught. The control compares with what the API said before the
    pod was told the new value.
    """

    id = "HPA-02"
    title = "the metrics API says what the pod says"
    asks = "Does the metrics API serve exactly the value that the pod exposes, after the value has changed?"
    broken_looks_like = "The API lags behind, serves an average, or the value of another series."
    sources = ("KAR-0057", "prometheus-adapter: rules")
    subject = Moments(before="below", after="below")
    control = Moments(before="below", after="idle")
    control_reason = "value-differs"

    def compare(self, _seen: Seen, told: Phase, answered: Phase, /) -> Finding:
        """Compares what was told, what the pod gives and what the API serves."""
        if not told.told or dict(told.scraped) != dict(told.told):
            return inconclusive(
                "pod-not-told", f"the pod gives {_words(told.scraped)}, told {_words(told.told)}: the probe does not expose its metric"
            )
        if not answered.served:
            return failure(
                "value-missing", f"the API serves no value of {told.metric}, expected {_words(told.told)}: see the adapter's rules"
            )
        if dict(answered.served) != dict(told.told):
            return failure(
                "value-differs", f"the API serves {_words(answered.served)}, expected {_words(told.told)}: see the adapter's query"
            )
        return success("value-true", f"the pod and the API both say {_words(told.told)} for {told.metric}")


def _words(values: Mapping[str, float]) -> str:
    """Values by pod for a sentence."""
    return listed(f"{value:g} of {pod}" for pod, value in sorted(values.items()))
