# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded scrapes with something taken away or changed: the controls of checks that only look. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen

JSON = Any

_LABEL = r'[{{,]{name}="([^"]*)"'


def with_bodies(seen: Seen, phase: str, edit: Callable[[str], str]) -> list[tuple[str, JSON]]:
    """All facts of a record, with the bodies of a phase's scrapes changed."""
    return [(fact.name, _edited(fact.data, edit) if fact.name.startswith(f"scrape.{phase}.") else fact.data) for fact in seen.facts]


def bodies(seen: Seen, phase: str) -> list[str]:
    """The texts of a phase's scrapes."""
    facts = seen.named(f"scrape.{phase}.").values()
    return [fact["body"] for fact in facts if isinstance(fact, dict) and isinstance(fact.get("body"), str)]


def devices_in(body: str, label: str) -> list[str]:
    """The devices that a text names, in its order."""
    return list(dict.fromkeys(re.findall(_LABEL.format(name=re.escape(label)), body)))


def without_lines(body: str, wanted: Callable[[str], bool]) -> str:
    """A text without some of its lines."""
    return "".join(line for line in body.splitlines(keepends=True) if not wanted(line))


def first_device(seen: Seen, phase: str, label: str) -> str:
    """One of the devices that the scrapes of a phase name; empty when they name none."""
    return next((device for body in bodies(seen, phase) for device in devices_in(body, label)), "")


def _edited(fact: JSON, edit: Callable[[str], str]) -> JSON:
    if not isinstance(fact, dict) or not isinstance(fact.get("body"), str):
        return fact
    return {**fact, "body": edit(fact["body"])}
