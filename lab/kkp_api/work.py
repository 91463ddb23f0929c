# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is still to be done, written down: each step of a life cycle is a row, so that a restart goes on where a kill struck."""

from __future__ import annotations

import secrets
import time
from dataclasses import asdict, dataclass, replace

from lab.kkp_api.store import Store

_KIND = "work"


@dataclass(frozen=True, slots=True)
class Job:
    """One thing with one next step.

    Attributes:
        subject: kind and id of the thing, ``cluster/abc``.
        step: what comes next.
        due: not before this time, seconds since the epoch.
        attempts: how often the step failed.
        order: tells this row from one that replaced it.
    """

    subject: str
    step: str
    due: float
    attempts: int = 0
    order: str = ""

    @property
    def key(self) -> str:
        """The subject's id."""
        return self.subject.partition("/")[2]


class WorkList:
    """The rows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def order(self, subject: str, step: str, *, after: float = 0.0) -> None:
        """Put a step down; what was down for the subject before is void."""
        self._put(Job(subject=subject, step=step, due=time.time() + after, order=secrets.token_hex(4)))

    def of(self, subject: str) -> Job | None:
        """The row of a subject."""
        found = self._store.get(_KIND, subject)
        return Job(**found) if found else None

    def all(self) -> list[Job]:
        """All rows."""
        return [Job(**row) for row in self._store.all(_KIND)]

    def advance(self, job: Job, step: str | None, *, after: float = 0.0) -> None:
        """A step is done: note the next, or that there is none; a row that was replaced meanwhile stays."""
        with self._store.together():
            if not self._is_current(job):
                return
            if step is None:
                self._store.delete(_KIND, job.subject)
            else:
                self._put(replace(job, step=step, due=time.time() + after, attempts=0))

    def retry(self, job: Job, *, after: float) -> None:
        """A step failed: it is tried again."""
        with self._store.together():
            if self._is_current(job):
                self._put(replace(job, due=time.time() + after, attempts=job.attempts + 1))

    def _is_current(self, job: Job) -> bool:
        known = self.of(job.subject)
        return known is not None and known.order == job.order

    def _put(self, job: Job) -> None:
        self._store.put(_KIND, job.subject, asdict(job))
