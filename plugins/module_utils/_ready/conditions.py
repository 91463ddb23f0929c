# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Conditions of a status, as all kinds have them (Kubernetes API conventions, "Typical status properties")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

JSON = Any
Lack = str | None
"""What is missing, in a few words; None when nothing is."""


def lack_of_condition(conditions: Iterable[JSON], name: str, *, generation: int = 0) -> Lack:
    """What a condition lacks to be True.

    Args:
        conditions: of a status, or of a part of one.
        name: of the condition.
        generation: of the object; a condition that was set for an older one says nothing. Conditions that name none are taken as they are.
    """
    found = next((entry for entry in conditions if entry.get("type") == name), None)
    if found is None:
        return f"no condition {name} yet"
    if found.get("observedGeneration", generation) < generation:
        return f"condition {name} is about an older generation"
    if found.get("status") == "True":
        return None
    why = ": ".join(part for part in (found.get("reason"), found.get("message")) if part)
    return f"condition {name} is {found.get('status')}{f' ({why})' if why else ''}"
