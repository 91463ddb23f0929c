# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run held against every other version of the checklist: what changes with a move, and what the run says about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader
from ansible_collections.ailab.conformance.plugins.module_utils._spec.difference import Difference, difference
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import Level, Requirement, Specification

from .answers import Answer, Standing, answer
from .sealed import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One requirement on the way to another version.

    Attributes:
        requirement: as the version entered has it; as the version left had it where it is dropped.
        change: in words; empty where nothing changes.
        answer: what the run says about it.
    """

    requirement: Requirement
    change: str
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The way to another version.

    Attributes:
        difference: between the two checklists.
        steps: every requirement of the version entered in its order, then those that are dropped.
    """

    difference: Difference
    steps: tuple[Step, ...]

    @property
    def changed(self) -> tuple[Step, ...]:
        """The requirements that differ."""
        return tuple(step for step in self.steps if step.change)

    @property
    def kept(self) -> tuple[Step, ...]:
        """The requirements that are the same."""
        return tuple(step for step in self.steps if not step.change)

    @property
    def musts(self) -> tuple[Step, ...]:
        """What the version entered demands."""
        dropped = {requirement.id for requirement in self.difference.removed}
        return tuple(step for step in self.steps if step.requirement.level is Level.MUST and step.requirement.id not in dropped)

    @property
    def proven(self) -> int:
        """How many of these the run proves."""
        return sum(step.answer.standing is Standing.PROVEN for step in self.musts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A SHOULD, over all versions.

    Attributes:
        requirement: in its newest wording.
        versions: those in which it is a SHOULD.
        answer: what the run says about it.
    """

    requirement: Requirement
    versions: tuple[str, ...]
    answer: Answer


def moves(specification: Specification, source: Evidence) -> tuple[Move, ...]:
    """The ways to all other versions: to later ones first, the nearest first."""
    known = loader.versions()
    here = known.index(specification.version)
    return tuple(_move(specification, loader.load(version), source) for version in (*known[here + 1 :], *reversed(known[:here])))


def wishes(source: Evidence) -> tuple[Wish, ...]:
    """Every SHOULD of any version."""
    versions: dict[str, list[str]] = {}
    newest: dict[str, Requirement] = {}
    for specification in map(loader.load, loader.versions()):
        for requirement in specification.requirements:
            if requirement.level is Level.SHOULD:
                versions.setdefault(requirement.id, []).append(specification.version)
                newest[requirement.id] = requirement
    return tuple(
        Wish(requirement=newest[identifier], versions=tuple(found), answer=answer(newest[identifier], source))
        for identifier, found in versions.items()
    )


def reworded(before: str, after: str) -> str:
    """The words that were exchanged, for people: the texts are long and often differ by a letter."""
    old, new = before.split(), after.split()

    def exchanges() -> Iterator[str]:
        for kind, left, right, start, end in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
            if kind != "equal":
                yield f"“{' '.join(old[left:right])}” became “{' '.join(new[start:end])}”"

    return "; ".join(exchanges())


def _move(before: Specification, after: Specification, source: Evidence) -> Move:
    way = difference(before, after)
    changes = dict(_changes(way))
    requirements = (*after.requirements, *way.removed)
    steps = (Step(requirement=r, change=changes.get(r.id, ""), answer=answer(r, source)) for r in requirements)
    return Move(difference=way, steps=tuple(steps))


def _changes(way: Difference) -> Iterator[tuple[str, str]]:
    """What changes, by requirement."""
    yield from ((requirement.id, f"new, {requirement.level}") for requirement in way.added)
    yield from ((requirement.id, f"dropped, was {requirement.level}") for requirement in way.removed)
    levels = {change.after.id: f"{change.before.level} → {change.after.level}" for change in way.levels}
    texts = {change.after.id: f"reworded: {reworded(change.before.description, change.after.description)}" for change in way.texts}
    yield from (
        (identifier, "; ".join(filter(None, (levels.get(identifier), texts.get(identifier))))) for identifier in {**levels, **texts}
    )
