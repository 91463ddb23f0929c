# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans in the controller where the connection is local."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan_task import plan_entry
from ansible_collections.ailab.conformance.plugins.plugin_utils.controller_action import ControllerAction


class ActionModule(ControllerAction):
    """The task, in the worker or as a module."""

    entry = plan_entry(SUITES)
