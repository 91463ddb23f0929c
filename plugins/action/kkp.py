# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules kkp_* in the controller where the connection is local: no Python process is started for a request of milliseconds.

One plugin for all of them: meta/runtime.yml leads them here (plugin_routing, action_plugin).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._kkp.task import Task
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.tasks import TASKS
from ansible_collections.ailab.conformance.plugins.plugin_utils.controller_action import LocalAction, specified

JSON = Any


class ActionModule(LocalAction):
    """The task, in the worker or as a module."""

    def rules(self) -> Mapping[str, JSON]:
        """Those of the module."""
        task = self._definition
        return {
            "argument_spec": specified(task.argument_spec),
            "mutually_exclusive": task.mutually_exclusive,
            "required_together": task.required_together,
            "required_if": task.required_if,
        }

    def work(self, options: Mapping[str, JSON], *, check_mode: bool) -> Mapping[str, JSON]:
        """Does the task."""
        return self._definition.result(options, check_mode=check_mode)

    @property
    def _definition(self) -> Task:
        return TASKS[self._task.action.rpartition(".")[2]]
