# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits in the controller where the connection is local: the client library is imported once, before the workers fork."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._ready.task import ARGUMENT_SPEC, run


class ActionModule(ActionBase):
    """The task, in the worker or as a module."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        if self._connection.transport != "local":
            outcome: dict[str, Any] = self._execute_module(task_vars=task_vars)
            return result | outcome
        _, params = self.validate_argument_spec(argument_spec=dict(ARGUMENT_SPEC))
        try:
            return result | run(params, check=self._task.check_mode)
        except ConformanceError as exc:
            raise AnsibleActionFail(str(exc)) from exc
