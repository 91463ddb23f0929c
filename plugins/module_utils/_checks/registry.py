# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All suites, checks and kinds of objects that checks make."""

from __future__ import annotations

from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.suite import Suite, needs_of
from ansible_collections.ailab.conformance.plugins.module_utils._platform.kinds import Kind

from .accelerator_metrics.suite import SUITE as ACCELERATOR_METRICS
from .cluster_autoscaling.suite import SUITE as CLUSTER_AUTOSCALING
from .controllers.suite import SUITE as ROBUST_CONTROLLER
from .dra.suite import SUITE as DRA_SUPPORT
from .gang.suite import SUITE as GANG_SCHEDULING
from .inference.suite import SUITE as AI_INFERENCE
from .pod_autoscaling.suite import SUITE as POD_AUTOSCALING
from .secure_access.suite import SUITE as SECURE_ACCELERATOR_ACCESS
from .service_metrics.suite import SUITE as AI_SERVICE_METRICS

_ALL = (
    DRA_SUPPORT,
    AI_INFERENCE,
    GANG_SCHEDULING,
    CLUSTER_AUTOSCALING,
    POD_AUTOSCALING,
    ACCELERATOR_METRICS,
    AI_SERVICE_METRICS,
    SECURE_ACCELERATOR_ACCESS,
    ROBUST_CONTROLLER,
)

SUITES: dict[str, Suite] = {suite.about.id: suite for suite in _ALL}
"""By the requirement's id, in the order of the specification."""

CHECKS: dict[str, Check[Any]] = {check.id: check for suite in SUITES.values() for check in suite.checks}

KINDS_MADE: tuple[Kind, ...] = needs_of(tuple(CHECKS.values())).makes
"""What is counted before and after a run."""
