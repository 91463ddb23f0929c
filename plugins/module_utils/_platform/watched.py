# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects of a kind a wait looks at. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .kinds import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A collection.

    Attributes:
        kind: of its objects.
        space: namespace; the run's own when empty.
        everywhere: all namespaces.
        labels: a label selector.
    """

    kind: Kind
    space: str = ""
    everywhere: bool = False
    labels: str = ""


def everywhere(kind: Kind, *, labels: str = "") -> Watched:
    """The objects of a kind in the whole cluster."""
    return Watched(kind=kind, everywhere=True, labels=labels)
