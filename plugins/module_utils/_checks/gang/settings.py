# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the verification of gang_scheduling can be told. Durations are in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import unusable

JSON = Any

OPTIONS: Mapping[str, Mapping[str, JSON]] = {
    "gang_namespace": {"type": "str", "default": "kueue-system"},
    "gang_labels": {"type": "dict", "default": {}},
    "gang_scheduler": {"type": "str", "default": ""},
    "hold_seconds": {"type": "float", "default": 30.0},
    "finish_seconds": {"type": "float", "default": 180.0},
    "recovery_seconds": {"type": "float", "default": 900.0},
}
"""The options as Ansible's argument specs have them. Must be kept in sync with plugins/modules/verify_gang_scheduling.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GangSettings:
    """Options of the requirement.

    Attributes:
        gang_namespace: where the controllers of the solution run.
        gang_labels: labels by which jobs come to a solution that is not known here; empty for Kueue.
        gang_scheduler: schedulerName of such jobs; empty for the default one.
        hold_seconds: for how long a gang that must not start is watched.
        finish_seconds: by when a gang that may start has ended.
        recovery_seconds: by when a solution has taken back a gang that it started in part, as Kueue does after waitForPodsReady.
    """

    gang_namespace: str
    gang_labels: Mapping[str, str]
    gang_scheduler: str
    hold_seconds: float
    finish_seconds: float
    recovery_seconds: float

    def __post_init__(self) -> None:
        """Refuses windows in which nothing could be seen.

        Raises:
            ConformanceError: one is too short.
        """
        for name in ("hold_seconds", "finish_seconds", "recovery_seconds"):
            if not getattr(self, name) >= 1:
                raise unusable(name, getattr(self, name), expected="at least 1 second")
