# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of this package do with pods."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.outcome import undecided
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import PROBES, Needs
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import Probe
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workload import Workload

from .settings import SecureAccessSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

NEEDS = PROBES + Needs(makes=(kinds.NAMESPACE,))

OPEN_SPACE = "baseline"
"""Level of the namespaces whose pods may make device files (capability MKNOD), which shows that making them is not what is refused."""

MAKER = ("MKNOD",)


def start(bench: Bench, role: str, probe: Probe, *, space: str = "") -> Workload:
    """Makes a probe pod with the runtime class of the settings, and waits until it runs or is said not to."""
    bench.probe(role, replace(probe, runtime_class=bench.own(SecureAccessSettings).runtime_class), space=space)
    return bench.running(role)


def not_running(seen: Seen, role: str, *, who: str) -> Finding | None:
    """What there is to say of a pod that does not run; None for one that does."""
    workload = Workload.read(seen.last(f"workload.{role}"))
    return None if workload.progress.stage is Stage.RUNNING else undecided(workload, who=who)
