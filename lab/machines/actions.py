# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plans ask for. The first three are done at once, the last two take seconds and are jobs of their own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from lab.machines.kube import JSON
from lab.machines.names import Resource
from lab.machines.views import Machine


@dataclass(frozen=True, slots=True)
class Create:
    """Make an object; one of that name that is there already is fine."""

    resource: Resource
    body: JSON = field(compare=False)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Patch:
    """Change an object, or with ``sub`` a subresource of it; one that is gone or changed meanwhile is planned for again."""

    resource: Resource
    name: str
    body: JSON
    sub: str = ""


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an object.

    Attributes:
        uid: only this one, not a namesake that was made since.
        foreground: it stays until what it owns is gone.
    """

    resource: Resource
    name: str
    uid: str
    foreground: bool = False


@dataclass(frozen=True, slots=True)
class Provision:
    """Have the node of a machine made.

    Attributes:
        anew: it was there, and its Node object is gone: it is taken away first.
    """

    machine: Machine
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Retire:
    """Empty the node of a machine, take it away, and let the machine go."""

    machine: Machine


@dataclass(frozen=True, slots=True)
class Abandon:
    """Take away a node whose machine is gone."""

    node: str


# What a job can be busy with, next to the uid of the machine or the name of the node.
PROVISION, RETIRE, ABANDON = "provision", "retire", "abandon"

Occupied = Collection[tuple[str, str]]

Action = Create | Patch | Delete | Provision | Retire | Abandon
