# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requirement robust_controller."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.judge import Requirement

ROBUST_CONTROLLER = Requirement(id="robust_controller", category="operator", level="MUST")
