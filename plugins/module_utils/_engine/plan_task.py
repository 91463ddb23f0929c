# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task of the module conformance_plan: what checks would do, told without a cluster."""

from __future__ import annotations

from collections.abc import Mapping
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
    "role_name": {"type": "str", "default": "ai-conformance"},
}


def plan_entry(suites: Mapping[str, Suite]) -> Entry:
    """The task that plans.

    Args:
        suites: all that there are, by the requirement's id.
    """
    everything = needs_of([check for suite in suites.values() for check in suite.checks])

    def task(call: Call) -> Outcome:
        named, selected = call.options["requirements"] or list(suites), call.options["checks"]
        for option, names, known in (("requirements", named, suites), ("checks", selected, named)):
            strange = [name for name in names if name not in known]
            if strange:
                raise unusable(option, strange[0], expected=f"some of {', '.join(known)}")
        wanted = [suites[name] for name in named]
        found = [check for suite in wanted for check in suite.selected(call.options["checks"].get(suite.about.id) or [])]
        planned = [check for check in found if call.options["allow_disruptive"] or not check.disruptive]
        return Outcome(values=_values(planned, counted=everything.makes, role_name=call.options["role_name"]))

    return Entry(task=task, argument_spec=PLAN_SPEC, needs_library=False)


def _values(checks: list[Check[Any]], *, counted: tuple[kinds.Kind, ...], role_name: str) -> dict[str, JSON]:
    total = needs_of(checks)
    # Opening and sealing a run counts all that any check could make, and reads the nodes and the components.
    looked_at = tuple(right for kind in (*counted, kinds.NODE, kinds.POD) for right in anywhere(kind, "list"))
    rights = tuple(dict.fromkeys((*total.all_rights(), *looked_at)))
    return {
        "checks": [_check(check) for check in checks],
        "made": _names((*total.makes, *total.deposits)),
        "tried": _names(total.tries),
        "read": _names(total.reads),
        "image_options": sorted(total.images),
        "cluster_role": cluster_role(role_name, rights),
    }


def _check(check: Check[Any]) -> JSON:
    needs: Needs = check.needs
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
