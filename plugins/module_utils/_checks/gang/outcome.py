# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What evaluators of this package read in the same way. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import inconclusive
from ansible_collections.ailab.conformance.plugins.module_utils._platform.gangs import words_of_barrier
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import condition

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline

JSON = Any


_FINISHED = "Finished"
"""Reason of a Workload's conditions once its job has ended."""


def is_complete(job: JSON) -> bool:
    """Whether a Job has ended well."""
    return bool(job) and condition(job, "Complete").get("status") == "True"


def passed_barrier(timeline: Timeline, *, size: int) -> list[str]:
    """The members that ended with the word that all had come."""
    return [state["pod"] for state in timeline.last.values() if words_of_barrier(str(state.get("said") or "")) == (size, size)]


def unseen(timeline: Timeline) -> Finding | None:
    """Why a timeline proves nothing about what did not happen; None when it does."""
    if not timeline.looked:
        return inconclusive("members-not-watched", "the members were not watched to the end, so that what did not happen is not known")
    if not timeline.complete:
        return inconclusive("watch-interrupted", "the watch of the members had to begin anew, so that something may have been missed")
    return None


def refusal(workloads: JSON) -> str:
    """Why Kueue does not admit a Workload, in its own words; empty when it has not decided, or has admitted it."""
    for workload in workloads if isinstance(workloads, list) else []:
        reserved = condition(workload, "QuotaReserved")
        if reserved.get("status") == "False" and reserved.get("message") and reserved.get("reason") != _FINISHED:
            return f"{reserved.get('reason')}: {reserved['message']}"
    return ""


def evicted(workloads: JSON) -> str:
    """Why Kueue took an admitted Workload back; empty when it did not."""
    for workload in workloads if isinstance(workloads, list) else []:
        was = condition(workload, "Evicted")
        if was.get("reason") or condition(workload, "Requeued").get("reason"):
            return str(was.get("message") or condition(workload, "Requeued").get("message") or was.get("reason"))
    return ""


def admitted(workloads: JSON) -> bool:
    """Whether the solution has admitted what stands for a job; Kueue takes its word back when the job is finished, and says so."""
    found = (condition(workload, "Admitted") for workload in (workloads if isinstance(workloads, list) else []))
    return any(word.get("status") == "True" or word.get("reason") == _FINISHED for word in found)


def solution_decided(seen: Seen, fact: str, job: str) -> Finding | None:
    """Why it is not known that the solution had a hand in a job; None where it is, and where it keeps no record that we know."""
    if seen.last("solution") is None or admitted(seen.last(fact)):
        return None
    return inconclusive(
        "not-admitted-by-queue", f"{job} ran, but no Workload of it was admitted: nothing shows that the queue let it start"
    )


def queue_silent() -> Finding:
    """Nothing has started, and nobody says why: a queue that is dead holds everything back."""
    return inconclusive("queue-undecided", "no member started, but the queue has not said that it holds the gang back: is it alive?")


def names(pods: Sequence[str]) -> str:
    """Some pods for a sentence, not more than five of them."""
    more = f" and {len(pods) - 5} more" if len(pods) > 5 else ""
    return f"{', '.join(pods[:5]) or 'none'}{more}"
