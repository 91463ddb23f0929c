# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requirement that this package proves."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.judge import Requirement

POD_AUTOSCALING = Requirement(id="pod_autoscaling", category="schedulingOrchestration", level="MUST")
