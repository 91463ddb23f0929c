# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of robust_controller alone."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import unusable


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerSettings:
    """Options of verify_robust_controller beside the common ones.

    Attributes:
        controller: ``trainer``, ``jobset``, or ``auto`` for the first of them that is there.
        reconcile_seconds: by when a custom resource must have come to its end.
        many: how many custom resources are made at one time.
    """

    controller: str
    reconcile_seconds: float
    many: int

    def __post_init__(self) -> None:
        """Refuses what proves nothing.

        Raises:
            ConformanceError: a value cannot be used.
        """
        if not self.reconcile_seconds >= 1:
            raise unusable("reconcile_seconds", self.reconcile_seconds, expected="at least 1 second")
        if self.many < 2:
            raise unusable("many", self.many, expected="at least 2 custom resources")
