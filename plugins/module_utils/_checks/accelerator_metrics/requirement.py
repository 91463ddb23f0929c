# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requirement accelerator_metrics."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.judge import Requirement

ACCELERATOR_METRICS = Requirement(id="accelerator_metrics", category="observability", level="MUST")
