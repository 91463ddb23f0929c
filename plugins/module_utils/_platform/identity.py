# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and labels of what a run makes, so that it can be told from everything else on the cluster (rule C3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

RUN_LABEL = "ai-conformance/run"
"""On every object that a run makes; its value is the run id."""

RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
"""A run id: time of opening in UTC, and six random hexadecimal digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A requirement of a run.

    Attributes:
        run_id: ``20261122T053000Z-1a2b3c``.
        requirement: ``dra_support``.
    """

    run_id: str
    requirement: str

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of every object."""
        return {RUN_LABEL: self.run_id, "ai-conformance/requirement": self.requirement}

    @property
    def selector(self) -> str:
        """The label selector of everything that the requirement has made."""
        return ",".join(f"{key}={value}" for key, value in self.labels.items())

    def unique(self, name: str) -> str:
        """A name for a cluster-scoped object, at most 63 characters: nobody else's, because it ends in the run's random digits."""
        suffix = self.run_id.rpartition("-")[2]
        return f"{name.replace('_', '-')[: 62 - len(suffix)].rstrip('-.')}-{suffix}"
