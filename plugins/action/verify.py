# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules verify_* in the controller where the connection is local: the client library is imported once, before workers fork.

One plugin for all of them: meta/runtime.yml leads them here (plugin_routing, action_plugin).
"""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._engine.entry import Entry
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verify_task import verify_entry
from ansible_collections.ailab.conformance.plugins.plugin_utils.controller_action import ControllerAction


class ActionModule(ControllerAction):
    """The task, in the worker or as a module."""

    @property
    def entry(self) -> Entry:
        """That of the requirement that the module is named after."""
        return verify_entry(SUITES[self._task.action.rpartition(".")[2].removeprefix("verify_")])
