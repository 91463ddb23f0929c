# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What evaluators say in the same words. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, uuids_in
from ansible_collections.ailab.conformance.plugins.module_utils._platform.devices import Device, devices
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workload import Workload

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding

JSON = Any

_REASONS = {
    Stage.PENDING: "undecided",
    Stage.PLACED: "undecided",
    Stage.REFUSED: "pod-unschedulable",
    Stage.UNPREPARED: "devices-unprepared",
    Stage.IMAGELESS: "probe-image-unavailable",
    Stage.ENDED: "pod-ended",
    Stage.ABSENT: "pod-not-seen",
}
_ABOUT_DEVICES = re.compile(r"claim|device", re.IGNORECASE)
_ABOUT_SPACE = re.compile(r"Insufficient |Too many pods")


def undecided(workload: Workload, *, who: str) -> Finding:
    """A pod did not come so far that the question of the check can be answered: whatever the reason, it is not this check's."""
    progress = workload.progress
    return inconclusive(_REASONS.get(progress.stage, "undecided"), f"{who} is {progress.stage}, expected running: {progress.words}")


def not_running(seen: Seen, *roles: str) -> Finding | None:
    """Why a record decides nothing: a pod in it did not come to run; None where all did.

    Args:
        seen: the record.
        roles: of the pods, whose last states are the facts ``workload.<role>``.
    """
    for role in roles:
        fact = seen.last(f"workload.{role}")
        workload = Workload.read(fact if isinstance(fact, dict) else None)
        if workload.progress.stage is not Stage.RUNNING:
            return undecided(workload, who=f"the {role} pod")
    return None


def refused(workload: Workload, seen: Seen, *, who: str, reason: str = "claim-unallocated") -> Finding:
    """The scheduler found no place for a pod.

    That is a failure of the allocation only when the scheduler speaks of claims or devices, when processor, memory and pod counts are
    not what is short, and when a device was free at that time.
    """
    words = workload.progress.words
    if not is_about_devices(words):
        return inconclusive("pod-unschedulable", f"{who} found no place for another reason than devices: {words}")
    devices_then = seen.last("devices") or {}
    if not devices_then.get("free"):
        return inconclusive("no-free-device", f"{who} got no device, but none of {devices_then.get('published')} was free: {words}")
    free = f"{devices_then['free']} of {devices_then['published']} devices were free"
    return failure(reason, f"{who} got no device, expected one: {free}; the scheduler says: {words}")


def had_its_time(seen: Seen, fact: str) -> bool:
    """Whether a wait is recorded to its end: the fact says for how many ``seconds`` it may have gone on, and is written last."""
    waited = seen.last(fact)
    return isinstance(waited, dict) and bool(waited.get("seconds"))


def is_about_devices(words: str) -> bool:
    """Whether a scheduler's refusal is about claims or devices, and not also about processor, memory or the number of pods."""
    return bool(_ABOUT_DEVICES.search(words)) and not _ABOUT_SPACE.search(words)


def allocated(workload: Workload, pool: JSON) -> list[Device]:
    """The published devices that a workload's claims were given.

    Args:
        workload: the pod with its claims.
        pool: the fact about the slices of the pools concerned.
    """
    wanted = {allocation.id for allocation in workload.allocations}
    return [device for device in devices((pool or {}).get("slices") or []) if device.id in wanted]


def uuids(executed: JSON) -> list[str]:
    """The UUIDs in the output of ``nvidia-smi -L``, in its order."""
    return uuids_in(str((executed or {}).get("stdout") or ""))
