# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two gangs whose gated members are let before the scheduler in turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform.gangs import HOLD
from ansible_collections.ailab.conformance.plugins.module_utils._platform.gates import open_gate

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.trace import Trace

JSON = Any

_INDEX = "batch.kubernetes.io/job-completion-index"
_OVER = frozenset({"Succeeded", "Failed", "Gone"})


class Pair:
    """Their members, as they come.

    Args:
        bench: the way to the cluster.
        trace: of the members of both.
        size: members of each.
    """

    def __init__(self, bench: Bench, trace: Trace, *, size: int) -> None:
        self._bench = bench
        self._trace = trace
        self._size = size

    def take_turns(self, *, seconds: float) -> None:
        """Waits until all members of both are there, or no more come, and lets them through by turns.

        Args:
            seconds: for how long members may come, and how long each may take to be placed or refused.
        """
        self._trace.reaches(lambda timeline: len(timeline.names) >= 2 * self._size or None, seconds=seconds)
        for pod in sorted(self._gated(), key=lambda pod: (_index(pod), pod["metadata"]["name"])):
            self._open(pod, seconds=seconds)

    def let_through(self, jobs: Sequence[JSON], *, seconds: float) -> None:
        """Lets through whoever comes, until all members of both gangs are done.

        Args:
            jobs: of the gangs.
            seconds: until when.
        """
        clock = self._bench.cluster.clock
        end = clock.monotonic() + seconds
        wanted = len(jobs) * self._size
        while (left := end - clock.monotonic()) > 0:
            gated = self._trace.until(lambda _pods: self._gated_now() or self._done(wanted), seconds=left)
            if not isinstance(gated, list):
                return
            for pod in gated:
                self._open(pod, seconds=0)

    def _open(self, pod: JSON, *, seconds: float) -> None:
        """Removes our gate and waits for the scheduler's word; gates of others stay."""
        open_gate(self._bench, pod, HOLD)
        if seconds:
            self._trace.reaches(lambda timeline: _has_word(timeline, pod["metadata"]["uid"]) or None, seconds=seconds)

    def _gated(self) -> list[JSON]:
        return self._trace.until(lambda _pods: self._gated_now(), seconds=0) or []

    def _gated_now(self) -> list[JSON] | None:
        return [pod for pod in self._trace.objects.values() if _is_held(pod)] or None

    def _done(self, wanted: int) -> bool | None:
        over = [pod for pod in self._trace.objects.values() if (pod.get("status") or {}).get("phase") in _OVER]
        return len(over) >= wanted or None


def _has_word(timeline: Timeline, uid: str) -> bool:
    state = timeline.last.get(uid) or {}
    return bool(state.get("node") or state.get("refusal") or state.get("gates") or state.get("phase") in _OVER)


def _is_held(pod: JSON) -> bool:
    return any(gate["name"] == HOLD for gate in pod["spec"].get("schedulingGates") or [])


def _index(pod: JSON) -> int:
    return int((pod["metadata"].get("annotations") or {}).get(_INDEX) or 0)
