# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents of a run directory from which, with the observations, all others are computed. Source: design section 4.3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .documents import ClusterFacts, ObjectRef, SpecRef, Tool

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """``opened.json``: what a run started from."""

    schema: int
    run_id: str
    started: str
    tool: Tool
    spec: SpecRef
    cluster: ClusterFacts
    settings: Mapping[str, JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A kind that the API server serves and cannot list, e.g. because the conversion webhook of its CRD is down.

    Attributes:
        kind: ``ClusterQueue``.
        why: what the server said.
    """

    kind: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """``inventory/*.json``: what exists of the kinds that a run can create.

    Attributes:
        at: UTC, RFC 3339.
        objects: all of them, sorted.
        labelled: those among them that carry the run's label; none before the run.
        unreadable: kinds of which nothing is known, because the API server could not list them.
    """

    at: str
    objects: tuple[ObjectRef, ...]
    labelled: tuple[ObjectRef, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanUp:
    """What a requirement left behind when its verification ended.

    Attributes:
        leaked: objects that could not be removed, or not be seen to be gone.
        problem: why that could not be told; empty when it could.
        doubts: what else cannot be told, a sentence each.
    """

    leaked: tuple[ObjectRef, ...] = ()
    problem: str = ""
    doubts: tuple[str, ...] = ()
