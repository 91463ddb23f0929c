# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task of the module conformance_plan: what checks would do, told without a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import anywhere
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import unusable

from .entry import Call, Entry, Outcome
from .role import cluster_role
from .suite import needs_of
from .verdict import Side

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import Needs

    from .check import Check
    from .suite import Suite

JSON = Any

PLAN_SPEC: Mapping[str, Mapping[str, JSON]] = {
    "requirements": {"type": "list", "elements": "str", "default": []},
    "checks": {"type": "dict", "default": {}},
    "allow_disruptive": {"type": "bool", "default": False},
    "own_options": {"type": "dict", "default": {}},
    "role_name": {"type": "str", "default": "ai-conformance"},
}


_NUMBERS: Mapping[str, Callable[[JSON], float]] = {"float": float, "int": int}
"""Group variables may come as text."""


def plan_entry(suites: Mapping[str, Suite]) -> Entry:
    """The task that plans.

    Args:
        suites: all that there are, by the requirement's id.
    """
    everything = needs_of([check for suite in suites.values() for check in suite.checks])

    def task(call: Call) -> Outcome:
        named, selected = call.options["requirements"] or list(suites), call.options["checks"]
        given = call.options["own_options"]
        for option, names, known in (("requirements", named, suites), ("checks", selected, named), ("own_options", given, suites)):
            strange = [name for name in names if name not in known]
            if strange:
                raise unusable(option, strange[0], expected=f"some of {', '.join(known)}")
        wanted = [suites[name] for name in named]
        found = [check for suite in wanted for check in suite.selected(call.options["checks"].get(suite.about.id) or [])]
        planned = [check for check in found if call.options["allow_disruptive"] or not check.disruptive]
        own = {suite.about.id: _own(suite, given.get(suite.about.id) or {}) for suite in wanted}
        needs = {check.id: check.needs_with(own[check.requirement]) for check in planned}
        return Outcome(values=_values(planned, needs, counted=everything.makes, role_name=call.options["role_name"]))

    return Entry(task=task, argument_spec=PLAN_SPEC, needs_library=False)


def _own(suite: Suite, given: Mapping[str, JSON]) -> object:
    """A requirement's own settings of options as its module would be given them.

    Raises:
        ConformanceError: one is not known or cannot be used.
    """
    strange = [name for name in given if name not in suite.options]
    if strange:
        raise unusable("own_options", strange[0], expected=f"an option of {suite.about.id}: {', '.join(suite.options) or 'it has none'}")
    values = {name: option.get("default") for name, option in suite.options.items()}
    try:
        numbers = {
            name: _NUMBERS[suite.options[name]["type"]](value) for name, value in given.items() if suite.options[name]["type"] in _NUMBERS
        }
    except (TypeError, ValueError) as problem:
        raise unusable("own_options", dict(given), expected=f"numbers where {suite.about.id} takes some: {problem}") from problem
    return suite.settings_of({**values, **given, **numbers})


def _values(checks: list[Check[Any]], needs: Mapping[str, Needs], *, counted: tuple[kinds.Kind, ...], role_name: str) -> dict[str, JSON]:
    total = sum(needs.values(), start=needs_of([]))
    # Opening and sealing a run counts all that any check could make, and reads the nodes and the components.
    looked_at = tuple(right for kind in (*counted, kinds.NODE, kinds.POD) for right in anywhere(kind, "list"))
    rights = tuple(dict.fromkeys((*total.all_rights(), *looked_at)))
    return {
        "checks": [_check(check, needs[check.id]) for check in checks],
        "made": _names((*total.makes, *total.deposits)),
        "tried": _names(total.tries),
        "read": _names(total.reads),
        "image_options": sorted(total.images),
        "cluster_role": cluster_role(role_name, rights),
    }


def _check(check: Check[Any], needs: Needs) -> JSON:
    return {
        "id": check.id,
        "requirement": check.requirement,
        "title": check.title,
        "mandatory": check.mandatory,
        "disruptive": check.disruptive,
        "reads_only": check.reads_only,
        "control": check.control_kind.value,
        "accelerators": max(min(check.takes(side).most, check.takes(side).least or check.takes(side).most) for side in Side),
        "made": _names((*needs.makes, *needs.deposits)),
        "tried": _names(needs.tries),
    }


def _names(found: tuple[kinds.Kind, ...]) -> list[str]:
    return sorted({str(kind) for kind in found})
