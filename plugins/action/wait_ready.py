# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits in the controller where the connection is local."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._ready.task import ENTRY
from ansible_collections.ailab.conformance.plugins.plugin_utils.controller_action import ControllerAction


class ActionModule(ControllerAction):
    """The task, in the worker or as a module."""

    entry = ENTRY
