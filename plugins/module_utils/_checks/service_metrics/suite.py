# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that proves ai_service_metrics."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.suite import Suite

from .discovery import Discovery
from .exact_traffic import ExactTraffic
from .left_alone import LeftAlone
from .malformed import Malformed
from .monitoring_up import MonitoringUp
from .requirement import AI_SERVICE_METRICS
from .server_traffic import ServerTraffic
from .settings import OPTIONS, ServiceMetricsSettings
from .staleness import Staleness
from .tenancy import Tenancy

SUITE = Suite(
    about=AI_SERVICE_METRICS,
    checks=(
        MonitoringUp(),
        Discovery(),
        ExactTraffic(),
        ServerTraffic(),
        Staleness(),
        LeftAlone(),
        Malformed(),
        Tenancy(),
    ),
    options=OPTIONS,
    own=ServiceMetricsSettings,
)
