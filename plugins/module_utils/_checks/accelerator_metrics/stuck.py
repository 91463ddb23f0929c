# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods that should have had accelerators and did not start. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.outcome import undecided
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workload import Workload

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding


def not_started(seen: Seen, *roles: str) -> Finding | None:
    """Why nothing can be said: a pod does not run, which another requirement judges; None when all run."""
    for role in roles:
        fact = seen.last(f"workload.{role}")
        workload = Workload.read(fact if isinstance(fact, dict) else None)
        if workload.progress.stage is not Stage.RUNNING:
            return undecided(workload, who=f"the {role} pod")
    return None
