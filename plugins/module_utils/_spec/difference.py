# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes for a product when it moves from one version of the checklist to another."""

from __future__ import annotations

from dataclasses import dataclass

from .model import Level, Requirement, Specification


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A requirement that exists in both versions, but not with the same words or level."""

    before: Requirement
    after: Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The way from one version to another.

    Attributes:
        before: version left, ``v1.34``.
        after: version entered, ``v1.36``.
        added: requirements that only the new version has.
        removed: requirements that only the old version has.
        levels: requirements whose level differs.
        texts: requirements whose published text differs, if only by a letter.
        metadata_added: metadata keys that only the new template shows.
        metadata_removed: metadata keys that only the old template shows.
    """

    before: str
    after: str
    added: tuple[Requirement, ...]
    removed: tuple[Requirement, ...]
    levels: tuple[Change, ...]
    texts: tuple[Change, ...]
    metadata_added: tuple[str, ...]
    metadata_removed: tuple[str, ...]

    @property
    def new_musts(self) -> tuple[Requirement, ...]:
        """What must be proven in the new version and did not have to be before."""
        raised = (change.after for change in self.levels if change.after.level is Level.MUST)
        return (*(requirement for requirement in self.added if requirement.level is Level.MUST), *raised)

    def sentences(self) -> tuple[str, ...]:
        """The difference in words, one sentence each; empty when nothing changes."""
        return (
            *(f"{added.id} is new ({added.level})" for added in self.added),
            *(f"{removed.id} is gone (was {removed.level})" for removed in self.removed),
            *(f"{change.after.id} becomes {change.after.level} (was {change.before.level})" for change in self.levels),
            *(f"{change.after.id} has another text: copy it from the new checklist" for change in self.texts),
            *(f"metadata.{key} is in the new template" for key in self.metadata_added),
            *(f"metadata.{key} is not in the new template" for key in self.metadata_removed),
        )


def difference(before: Specification, after: Specification) -> Difference:
    """Compares two versions, in either direction."""
    old = {requirement.id: requirement for requirement in before.requirements}
    new = {requirement.id: requirement for requirement in after.requirements}
    both = [Change(before=old[identifier], after=requirement) for identifier, requirement in new.items() if identifier in old]
    return Difference(
        before=before.version,
        after=after.version,
        added=tuple(requirement for identifier, requirement in new.items() if identifier not in old),
        removed=tuple(requirement for identifier, requirement in old.items() if identifier not in new),
        levels=tuple(change for change in both if change.before.level is not change.after.level),
        texts=tuple(change for change in both if change.before.description != change.after.description),
        metadata_added=tuple(key for key in after.metadata if key not in before.metadata),
        metadata_removed=tuple(key for key in before.metadata if key not in after.metadata),
    )
