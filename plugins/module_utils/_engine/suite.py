# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A requirement with all that proves it: what a module verify_* is made of."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import LOOKING, WORKING, Needs
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import unusable

if TYPE_CHECKING:
    from .check import Check
    from .judge import Requirement

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What proves one requirement.

    Attributes:
        about: the requirement.
        checks: in the order of the check list.
        options: argument spec of the requirement's own options, beside those of every verification.
        own: dataclass of the requirement's own settings; its fields have the options' names, lists are tuples. Its ``__post_init__``
            raises ConformanceError (``settings.unusable``) for values that cannot be used. None where there are no own options.
    """

    about: Requirement
    checks: tuple[Check[Any], ...]
    options: Mapping[str, Mapping[str, JSON]] = field(default_factory=dict)
    own: type | None = None

    def settings_of(self, options: Mapping[str, JSON]) -> object:
        """The requirement's own settings.

        Raises:
            ConformanceError: a value cannot be used.
        """
        if self.own is None:
            return None
        values = {item.name: options[item.name] for item in dataclasses.fields(self.own)}
        return self.own(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})

    def selected(self, wanted: Sequence[str]) -> tuple[Check[Any], ...]:
        """The checks that are wanted, all where none is named.

        Raises:
            ConformanceError: there is no such check.
        """
        known = [check.id for check in self.checks]
        strange = [identifier for identifier in wanted if identifier not in known]
        if strange:
            raise unusable("checks", strange[0], expected=f"some of {', '.join(known)}")
        return tuple(check for check in self.checks if not wanted or check.id in wanted)


def needs_of(checks: Sequence[Check[Any]], own: object = None, *, reading_only: bool = False) -> Needs:
    """What some checks need together, with what every verification does.

    Args:
        checks: the checks, of one requirement where its own settings are given.
        own: the requirement's own settings; without them, what is switched on by none.
        reading_only: only what looking needs.
    """
    total = LOOKING if reading_only else WORKING
    for check in checks:
        total = total + check.needs_with(own)
    return total
