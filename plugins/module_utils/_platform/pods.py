# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads pods and their events: how far a pod has come, and in whose words it does not get further. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

JSON = Any

_IMAGE_TROUBLE = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"})
_HOPELESS_IMAGE = frozenset({"InvalidImageName", "ErrImageNeverPull"})
_PREPARE_FAILED = "FailedPrepareDynamicResources"
"""Reason of the kubelet's event (pkg/kubelet/events)."""
_PULL_FAILED = "Failed to pull image"
"""Start of the message of another one, whose reason is only Failed."""


class Stage(enum.StrEnum):
    """How far a pod has come. All but ``pending``, ``placed`` and ``running`` are trouble."""

    PENDING = enum.auto()
    REFUSED = enum.auto()
    PLACED = enum.auto()
    UNPREPARED = enum.auto()
    IMAGELESS = enum.auto()
    RUNNING = enum.auto()
    ENDED = enum.auto()
    ABSENT = enum.auto()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pod has come.

    Attributes:
        stage: how far.
        words: what the platform says about it: the scheduler's message, an event, a container's state.
        lasting: whether trouble has been found again after another try. The first try of a kubelet to prepare devices, or to pull an
            image, may fail on a healthy platform: an authorizer that does not know the claim yet, a driver that is being replaced.
            The scheduler tries again upon every change by itself, so what it says last counts.
    """

    stage: Stage
    words: str
    lasting: bool = False


def progress(pod: JSON | None, events: Iterable[JSON] = ()) -> Progress:
    """How far a pod has come.

    Args:
        pod: the Pod; None when it does not exist.
        events: Events about it.
    """
    if not pod:
        return Progress(Stage.ABSENT, "the pod does not exist")
    phase = _status(pod).get("phase")
    statuses: list[JSON] = _status(pod).get("containerStatuses") or []
    if phase in {"Failed", "Succeeded"}:
        return Progress(Stage.ENDED, f"phase {phase}{_said(_status(pod))}")
    if statuses and len(statuses) == len(_containers(pod)) and all("running" in (status.get("state") or {}) for status in statuses):
        return Progress(Stage.RUNNING, "all containers run")
    if not is_placed(pod):
        scheduled = condition(pod, "PodScheduled")
        refused = scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable"
        words = str(scheduled.get("message") or "no word from the scheduler")
        return Progress(Stage.REFUSED, words, lasting=True) if refused else Progress(Stage.PENDING, words)
    return _placed(statuses, events)


def _placed(statuses: Sequence[JSON], events: Iterable[JSON]) -> Progress:
    warnings = [event for event in events if event.get("type") == "Warning"]
    unprepared = [event for event in warnings if event.get("reason") == _PREPARE_FAILED]
    if unprepared:
        said = f"{_PREPARE_FAILED}: {unprepared[-1].get('message')}"
        return Progress(Stage.UNPREPARED, said, lasting=_times(unprepared) > 1)
    waiting = [(status.get("state") or {}).get("waiting") or {} for status in statuses]
    imageless = next((state for state in waiting if state.get("reason") in _IMAGE_TROUBLE), None)
    if imageless is not None:
        failed = _times(event for event in warnings if str(event.get("message")).startswith(_PULL_FAILED))
        hopeless = imageless["reason"] in _HOPELESS_IMAGE
        return Progress(Stage.IMAGELESS, f"{imageless['reason']}{_said(imageless)}", lasting=hopeless or failed > 1)
    words = [f"{state.get('reason')}{_said(state)}" for state in waiting] + [f"{event.get('reason')}{_said(event)}" for event in warnings]
    return Progress(Stage.PLACED, "; ".join(words) or "no word from the kubelet")


def _times(events: Iterable[JSON]) -> int:
    """How often something has happened: equal events are counted in one object."""
    return sum(int(event.get("count") or 1) for event in events)


def is_placed(pod: JSON) -> bool:
    """Whether the scheduler has bound the pod to a node."""
    return bool((pod.get("spec") or {}).get("nodeName"))


def condition(item: JSON, kind: str) -> Mapping[str, JSON]:
    """An object's condition of this type; empty when there is none."""
    return next((found for found in _status(item).get("conditions") or [] if found.get("type") == kind), {})


def is_ready(item: JSON) -> bool:
    """Whether an object, such as a Pod or a Node, says that it is ready."""
    return condition(item, "Ready").get("status") == "True"


def about(pod: JSON, events: Iterable[JSON]) -> list[JSON]:
    """The events about a pod, oldest first, with what a reader needs."""
    uid = pod["metadata"]["uid"]
    mine = [event for event in events if (event.get("involvedObject") or {}).get("uid") == uid]
    return [
        {
            key: event.get(key)
            for key in ("type", "reason", "message", "count", "firstTimestamp", "lastTimestamp", "eventTime")
            if event.get(key)
        }
        for event in sorted(mine, key=lambda event: int((event.get("metadata") or {}).get("resourceVersion") or 0))
    ]


def claim_names(pod: JSON) -> list[str]:
    """Names of the pod's ResourceClaims, in the order of its spec, as far as they exist.

    Source: Pod API, ``spec.resourceClaims`` and ``status.resourceClaimStatuses``.
    """
    made = {status.get("name"): status.get("resourceClaimName") for status in _status(pod).get("resourceClaimStatuses") or []}
    entries = (pod.get("spec") or {}).get("resourceClaims") or []
    names = [entry.get("resourceClaimName") or made.get(entry.get("name")) for entry in entries]
    return [name for name in names if name]


def _containers(pod: JSON) -> list[JSON]:
    return (pod.get("spec") or {}).get("containers") or []


def _status(item: JSON) -> Mapping[str, JSON]:
    return item.get("status") or {}


def _said(state: Mapping[str, JSON]) -> str:
    return f": {state['message']}" if state.get("message") else ""
