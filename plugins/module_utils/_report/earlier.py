# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the run to compare with: the newest of a folder that is sealed, unaltered and older."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .sealed import Evidence, EvidenceError, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was found.

    Attributes:
        found: the run; None where there is none.
        passed_over: why newer ones were left out, one sentence each.
    """

    found: Evidence | None
    passed_over: tuple[str, ...]


NOT_ASKED = Search(found=None, passed_over=())
"""Nobody wants a comparison."""


def find(runs_dir: Path, *, than: Evidence) -> Search:
    """The newest sealed run below a folder that was started before another.

    A damaged run, or one of another release, is no reason to go without a report: it is named and the next older one is taken.

    Args:
        runs_dir: holds run directories; need not exist.
        than: the run of the report.
    """
    passed_over: list[str] = []
    # Run ids begin with the time, so names sort by age.
    for manifest in sorted(runs_dir.glob("*/manifest.sha256"), reverse=True):
        if manifest.parent.name >= than.run.run_id:
            continue
        try:
            candidate = read(manifest.parent)
        except EvidenceError as error:
            passed_over.append(f"{manifest.parent.name} is not compared with: {error}")
            continue
        if candidate.run.started < than.run.started:
            return Search(found=candidate, passed_over=tuple(passed_over))
    return Search(found=None, passed_over=tuple(passed_over))
