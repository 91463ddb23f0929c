# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all evaluators of this package do first: without readable metrics nothing is decided."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import inconclusive
from ansible_collections.ailab.conformance.plugins.module_utils._platform.exposition import ExpositionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.monitoring import StoreError

from .scrapes import LIMITS, NAMES
from .settings import LIMITS_KNOWN, Names

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding


class FromMetrics(ABC):
    """A check that judges metrics. Goes before Check in the list of base classes."""

    def evaluate(self, seen: Seen) -> Finding:
        """Judges the metrics, where there are some that can be read."""
        if not _complete(seen.last(NAMES), Names().as_fact()) or not _complete(seen.last(LIMITS), LIMITS_KNOWN):
            return inconclusive("metrics-not-seen", "no exporter was read")
        try:
            return self.judge(seen, Names.read(seen.last(NAMES)))
        except (ExpositionError, StoreError) as error:
            return inconclusive("metrics-unreadable", str(error))

    @abstractmethod
    def judge(self, seen: Seen, names: Names, /) -> Finding:
        """Judges metrics. Pure.

        Raises:
            ExpositionError: a scrape cannot be read.
            StoreError: the monitoring system's answer cannot be read.
        """


def _complete(fact: object, wanted: Iterable[str]) -> bool:
    return isinstance(fact, dict) and all(fact.get(name) for name in wanted)
