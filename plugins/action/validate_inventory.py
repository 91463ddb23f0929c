# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds the variables of a host against the argument specs of the collection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.ailab.conformance.plugins.module_utils._inventory.variables import SpecificationFileError, Variables

_ROOT = Path(__file__).resolve().parents[2]


class ActionModule(ActionBase):
    """The task; it touches no host."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, params = self.validate_argument_spec(argument_spec={"specs": {"type": "list", "elements": "path"}})
        files = [Path(spec) for spec in params["specs"] or []]
        try:
            known = Variables.read(files or [*sorted(_ROOT.glob("roles/*/meta/argument_specs.yml")), _ROOT / "playbooks/vars/settings.yml"])
        except SpecificationFileError as exc:
            raise AnsibleActionFail(str(exc)) from exc
        found = task_vars or {}
        problems = [*known.unknown(found)]
        values: dict[str, Any] = {}
        for name in sorted(found.keys() & known.options.keys()):
            try:
                values[name] = self._templar.template(found[name])
            except AnsibleError as exc:
                problems.append(f"{name}: {exc}")
        problems += known.wrong(values)
        result |= {"changed": False, "variables": sorted(values)}
        if problems:
            result |= {"failed": True, "msg": "\n".join([f"{len(problems)} wrong variable(s) in the inventory:", *problems])}
        return result
