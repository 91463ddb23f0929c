# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requirement that this package proves."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.judge import Requirement

CLUSTER_AUTOSCALING = Requirement(id="cluster_autoscaling", category="schedulingOrchestration", level="MUST")
