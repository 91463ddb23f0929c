# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requirement ai_inference."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.judge import Requirement

AI_INFERENCE = Requirement(id="ai_inference", category="networking", level="MUST")
