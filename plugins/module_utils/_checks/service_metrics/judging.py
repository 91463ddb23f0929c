# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all evaluators of this package have in common: an answer that cannot be read decides nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import inconclusive
from ansible_collections.ailab.conformance.plugins.module_utils._platform.monitoring import StoreError

from .collected import not_serving

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding


class FromStore(ABC):
    """A check that judges what the monitoring system says. Goes before Check in the list of base classes.

    Attributes:
        roles: the workloads that must run for it.
    """

    roles: ClassVar[tuple[str, ...]] = ("server",)

    def evaluate(self, seen: Seen) -> Finding:
        """Judges the answers, where the workloads run and the answers can be read."""
        if (problem := not_serving(seen, *self.roles)) is not None:
            return problem
        try:
            return self.judge(seen)
        except StoreError as error:
            return inconclusive("store-unreadable", str(error))

    @abstractmethod
    def judge(self, seen: Seen, /) -> Finding:
        """Judges answers. Pure.

        Raises:
            StoreError: an answer cannot be read.
        """
