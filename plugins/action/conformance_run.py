# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens, seals and cleans up runs, in the controller where the connection is local.

The checklists lie in the controller, and a module sent elsewhere does not carry them: their names and digests go along as an option.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import KINDS_MADE
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_task import run_entry
from ansible_collections.ailab.conformance.plugins.module_utils._spec.loader import load, versions
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import SpecificationError
from ansible_collections.ailab.conformance.plugins.plugin_utils.controller_action import ControllerAction


class ActionModule(ControllerAction):
    """The task, in the worker or as a module."""

    entry = run_entry(KINDS_MADE)

    def extra_arguments(self) -> Mapping[str, Any]:
        if self._task.args.get("state") != "opened":
            return {}
        try:
            known = [load(version) for version in versions()]
        except SpecificationError as problem:
            raise AnsibleActionFail(str(problem)) from problem
        return {"specifications": [{"kubernetes_version": spec.version, "file": spec.file, "sha256": spec.sha256} for spec in known]}
