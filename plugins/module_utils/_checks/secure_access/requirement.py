# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requirement secure_accelerator_access."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.judge import Requirement

SECURE_ACCESS = Requirement(id="secure_accelerator_access", category="security", level="MUST")
