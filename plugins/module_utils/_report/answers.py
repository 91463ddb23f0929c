# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run answers to one requirement of any version, in words that name the checks behind them."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import Partial, Requirement

from .judgement import unverified
from .sealed import Evidence


class Standing(enum.StrEnum):
    """How far a run carries."""

    PROVEN = "proven"
    UNPROVEN = "not proven"
    IN_PART = "shown in part"
    OPEN = "not covered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The run's answer.

    Attributes:
        standing: how far it carries.
        checks: ids of the checks that carry it; empty where none does.
        words: what they show, or what is missing.
    """

    standing: Standing
    checks: tuple[str, ...]
    words: str


def answer(requirement: Requirement, source: Evidence) -> Answer:
    """What a run says about a requirement, never more than its checks prove."""
    result = source.result(requirement.id)
    if requirement.partial is not None and result is None:
        return _partial(requirement.partial, source)
    why_not = unverified(requirement, source)
    if why_not is not None or result is None or requirement.coverage is None:
        return Answer(standing=Standing.UNPROVEN, checks=(), words=f"{why_not}")
    words = f"every control flipped, fidelity {result.fidelity}"
    return Answer(standing=Standing.PROVEN, checks=requirement.coverage.mandatory, words=words)


def _partial(partial: Partial, source: Evidence) -> Answer:
    passed = tuple(identifier for identifier in partial.shown if _passed(identifier, source))
    sentences = [*_shown(partial, source), f"Open: {partial.open}"]
    return Answer(standing=Standing.IN_PART if passed else Standing.OPEN, checks=passed, words=". ".join(sentences))


def _shown(partial: Partial, source: Evidence) -> Iterator[str]:
    for identifier, what in partial.shown.items():
        check = source.checks.get(identifier)
        if _passed(identifier, source):
            yield f"{identifier} shows that {what}"
        else:
            yield f"{identifier} ({check.result.verdict if check else 'not in this run'}) does not show that {what}"


def _passed(identifier: str, source: Evidence) -> bool:
    check = source.checks.get(identifier)
    return check is not None and check.result.verdict is Verdict.PASS and check.result.control.flipped
