# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Base of the action plugins that can do their module's work in the controller.

A module costs the start of a Python process and the import of the Kubernetes client library, about 0.9 s each time; a worker of the
controller has both already. PRIVATE to the collection: it can change at any time.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ailab.conformance.plugins.module_utils._engine.entry import Entry

JSON = Any

_LOCAL = frozenset({"local", "ansible.builtin.local"})


class LocalAction(ActionBase):
    """Does a module's work here when the connection is local, and sends the module to the host otherwise.

    As a module it runs, too, when something asks for another process than this one: become, async, or an environment for the task.
    """

    _requires_connection = False
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Does the task. Source: ansible.plugins.action.ActionBase.run."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        extra = self.extra_arguments()
        self._task.args = {**self._task.args, **extra}
        # What is not allowed is told of by the name that the user wrote, and not by the file of this plugin.
        self._load_name = self._task.action
        _, options = self.validate_argument_spec(**self.rules())
        if not self._here():
            outcome: dict[str, Any] = self._execute_module(task_vars=task_vars, wrap_async=bool(self._task.async_val))
            return {**result, **outcome}
        return {**result, **self.work(plain(options), check_mode=self._task.check_mode)}

    @abstractmethod
    def rules(self) -> Mapping[str, JSON]:
        """What the module allows, by the names that validate_argument_spec has."""

    @abstractmethod
    def work(self, options: Mapping[str, JSON], *, check_mode: bool) -> Mapping[str, JSON]:
        """Does what the module does; returns the task's result."""

    def extra_arguments(self) -> Mapping[str, JSON]:
        """Arguments that only the controller knows, for the module as for here."""
        return {}

    def _here(self) -> bool:
        elsewhere = self._play_context.become or self._task.async_val or any(self._task.environment or ())
        return self._connection.transport in _LOCAL and not elsewhere


class ControllerAction(LocalAction):
    """A task of the engine."""

    @property
    @abstractmethod
    def entry(self) -> Entry:
        """What the module of the same name runs."""

    def rules(self) -> Mapping[str, JSON]:
        """The entry's."""
        entry = self.entry
        return {"argument_spec": specified(entry.argument_spec), "required_if": [list(rule) for rule in entry.required_if]}

    def work(self, options: Mapping[str, JSON], *, check_mode: bool) -> Mapping[str, JSON]:
        """Runs the entry."""
        return self.entry.run(options, check_mode=check_mode).as_result()


def specified(options: Mapping[str, Mapping[str, JSON]]) -> dict[str, dict[str, JSON]]:
    """An argument spec of its own, since Ansible writes into what it validates by."""
    return {name: dict(option) for name, option in options.items()}


def plain(value: JSON) -> JSON:
    """A value of the templating engine without its tags, as libraries expect it."""
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    for kind in (bool, str, int, float):
        if isinstance(value, kind):
            return kind(value)
    return value
