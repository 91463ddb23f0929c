# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of a checklist: levels, statuses, requirements, and what this collection knows beside the published text."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


class SpecificationError(Exception):
    """A checklist is unknown, missing, altered or malformed, or a requirement does not exist in it."""


class Level(enum.StrEnum):
    """How binding a requirement is in one version of the checklist."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Status(enum.StrEnum):
    """The four values that a product may give a requirement (comment in the published templates)."""

    IMPLEMENTED = "Implemented"
    NOT_IMPLEMENTED = "Not Implemented"
    PARTIALLY_IMPLEMENTED = "Partially Implemented"
    NOT_APPLICABLE = "N/A"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The "if" of a conditional MUST.

    Attributes:
        text: the condition in words, completing "applies only if …".
        validator_accepts: whether any release of the programme's validator lets ``N/A`` through for this requirement.
    """

    text: str
    validator_accepts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The check ids that decide a requirement.

    Attributes:
        mandatory: ids that must be present and passed before the requirement may be called implemented.
        where_served: ids that apply only where the API server serves the feature.
    """

    mandatory: tuple[str, ...]
    where_served: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """What checks of other requirements show of one that has none of its own.

    Attributes:
        shown: by check id, what that check proves by itself.
        open: what no check here looks at.
    """

    shown: Mapping[str, str]
    open: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One requirement of one version.

    Attributes:
        id: e.g. ``dra_support``.
        category: the key under ``spec:``, e.g. ``accelerators``.
        description: the published text, not one character changed.
        level: MUST or SHOULD in this version.
        condition: set where the requirement is conditional and may be N/A.
        coverage: the checks that decide it; None where this collection has none.
        partial: what other checks show of it; None where it has checks of its own.
    """

    id: str
    category: str
    description: str
    level: Level
    condition: Condition | None
    coverage: Coverage | None
    partial: Partial | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """One version of the checklist.

    Attributes:
        version: ``v1.34``.
        file: name of the checklist's file, e.g. ``AIConformance-1.34.yaml``.
        sha256: digest of that file, hexadecimal.
        metadata: the template's metadata keys in their order, with the placeholder or value that the template shows.
        requirements: in the order of the file, so also by category.
    """

    version: str
    file: str
    sha256: str
    metadata: Mapping[str, str]
    requirements: tuple[Requirement, ...]

    @property
    def categories(self) -> tuple[str, ...]:
        """The category keys in the order of the file."""
        return tuple(dict.fromkeys(requirement.category for requirement in self.requirements))

    def in_category(self, category: str) -> Iterator[Requirement]:
        """The requirements of one category, in the order of the file."""
        return (requirement for requirement in self.requirements if requirement.category == category)

    def find(self, identifier: str) -> Requirement | None:
        """The requirement with this id, or None where the version has none."""
        return next((requirement for requirement in self.requirements if requirement.id == identifier), None)

    def get(self, identifier: str) -> Requirement:
        """The requirement with this id.

        Raises:
            SpecificationError: the version has no such requirement; the message suggests the nearest id.
        """
        found = self.find(identifier)
        if found is not None:
            return found
        known = [requirement.id for requirement in self.requirements]
        near = difflib.get_close_matches(identifier, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(known)}"
        raise SpecificationError(f"{self.file} has no requirement {identifier!r}; {hint}")


def minor_of(version: str) -> int:
    """The minor number of ``v1.34`` or ``v1.34.4``: 34.

    Raises:
        SpecificationError: the text is no Kubernetes version.
    """
    parts = version.removeprefix("v").split(".")
    if len(parts) < 2 or not all(part.isdecimal() for part in parts[:2]):
        raise SpecificationError(f"{version!r} is no Kubernetes version, expected the form v1.34")
    return int(parts[1])
