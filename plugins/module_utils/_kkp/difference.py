# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares what is wished for with what KKP returns, and makes the merge patch (RFC 7386) between the two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

JSON = Any

_NOTHING: Mapping[str, JSON] = {}


def patch_of(current: JSON, wanted: Mapping[str, JSON]) -> dict[str, JSON]:
    """The part of the wish that differs: keys that are not wished for are left alone.

    KKP leaves false and empty lists out of its answers, so these equal a missing key. A zero or an empty text does not: no lower bound is
    another thing than a lower bound of 0. A wish of None is one for no key.
    """
    have: Mapping[str, JSON] = current if isinstance(current, Mapping) else _NOTHING
    patch: dict[str, JSON] = {}
    for key, value in wanted.items():
        if isinstance(value, Mapping):
            inner = patch_of(have.get(key), value)
            if inner:
                patch[key] = inner
        elif value is None:
            if key in have:
                patch[key] = None
        elif have.get(key) != value and not (have.get(key) is None and (value is False or value == [])):
            patch[key] = value
    return patch


def whole(current: Mapping[str, JSON] | None, wanted: Mapping[str, JSON]) -> dict[str, JSON]:
    """A wish for a whole mapping, such as labels: keys that are not in it are wished away, with null."""
    return {**wanted, **{key: None for key in (current or _NOTHING) if key not in wanted}}


def excerpt(current: JSON, patch: Mapping[str, JSON]) -> dict[str, JSON]:
    """What stands now where the patch will change something: the left side of a diff."""
    have: Mapping[str, JSON] = current if isinstance(current, Mapping) else _NOTHING
    return {
        key: excerpt(have.get(key), value) if isinstance(value, Mapping) and isinstance(have.get(key), Mapping) else have[key]
        for key, value in patch.items()
        if have.get(key) is not None
    }


def applied(patch: Mapping[str, JSON]) -> dict[str, JSON]:
    """What will stand there: the right side of a diff, without what the patch removes."""
    return {key: applied(value) if isinstance(value, Mapping) else value for key, value in patch.items() if value is not None}
