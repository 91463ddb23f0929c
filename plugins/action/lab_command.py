# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the lab's command line in the controller, so that five minutes of building are not five silent minutes."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.ailab.conformance.plugins.module_utils._lab.command import ARGUMENT_SPEC, LabCommandError, arguments, call

_ROOT = Path(__file__).resolve().parents[2]


class ActionModule(ActionBase):
    """The task, in the worker where it may be, as a module where it must become another user."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, params = self.validate_argument_spec(argument_spec=dict(ARGUMENT_SPEC))
        params["project_dir"] = str(params["project_dir"] or _ROOT)
        if not self._runs_here():
            outcome: dict[str, Any] = self._execute_module(module_args=params, task_vars=task_vars)
            for line in outcome.get("progress", []):
                _show(line)
            return result | outcome
        try:
            answer = call(
                arguments([str(word) for word in params["command"]], check=self._task.check_mode),
                project_dir=Path(params["project_dir"]),
                stdin=params["stdin"],
                progress=_show,
            )
        except LabCommandError as exc:
            raise AnsibleActionFail(str(exc)) from exc
        return result | answer.result()

    def _runs_here(self) -> bool:
        """Whether this process is on the right machine and is the right user already."""
        if self._connection.transport != "local":
            return False
        become = self._connection.become
        return become is None or become.get_option("become_user", playcontext=self._play_context) == pwd.getpwuid(os.geteuid()).pw_name


def _show(line: str) -> None:
    """A line of progress, below the task's banner; a worker has no standard output, but Display goes through the controller."""
    Display().display(f"  {line}")
