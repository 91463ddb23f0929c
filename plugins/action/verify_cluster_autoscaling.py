# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifies cluster_autoscaling in the controller where the connection is local: the library is imported once, before workers fork."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._checks.cluster_autoscaling.suite import SUITE
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verify_task import verify_entry
from ansible_collections.ailab.conformance.plugins.plugin_utils.controller_action import ControllerAction


class ActionModule(ControllerAction):
    """The task, in the worker or as a module."""

    entry = verify_entry(SUITE)
