# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rule may look at, and the short way for it to say what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import Specification

from .document import Document
from .finding import RULES, Finding, Severity

Reach = Callable[[str], str | None]
"""Tries an address: None when it answers, else what is wrong in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One file under judgement.

    Attributes:
        path: the file, as the caller named it.
        document: its content.
        specification: the checklist that it must follow.
        others: the checklists of the other versions, for texts that belong to one of them.
        directory_version: ``v1.34`` where the path has it; None in any other folder.
        reach: tries addresses; None when the network is left alone.
        planned: files that will lie in the product's directory when this one does, as relative paths.
        members: the CNCF members' names; None when no landscape file was given.
    """

    path: Path
    document: Document
    specification: Specification
    others: tuple[Specification, ...]
    directory_version: str | None
    reach: Reach | None
    members: frozenset[str] | None
    planned: frozenset[str]

    def finding(
        self, rule: str, *, where: str, found: str, expected: str, line: int | None = None, severity: Severity | None = None
    ) -> Finding:
        """A finding of a rule, with the rule's own severity unless another is given."""
        return Finding(
            rule=rule,
            severity=severity or RULES[rule].severity,
            path=str(self.path),
            line=line,
            where=where,
            found=found,
            expected=expected,
        )
