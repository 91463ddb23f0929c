# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that proves accelerator_metrics."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.suite import Suite

from .additional import AdditionalMetrics
from .attribution import Attribution
from .core import CoreMetrics
from .coverage import Coverage
from .durability import Durability
from .endpoint import Endpoint
from .freshness import Freshness
from .per_device import PerDevice
from .requirement import ACCELERATOR_METRICS
from .semantic import SemanticNames
from .settings import OPTIONS, MetricsSettings
from .stored import StoredMetrics
from .workload_driven import WorkloadDriven

SUITE = Suite(
    about=ACCELERATOR_METRICS,
    checks=(
        Endpoint(),
        Coverage(),
        CoreMetrics(),
        AdditionalMetrics(),
        Freshness(),
        WorkloadDriven(),
        Attribution(),
        PerDevice(),
        StoredMetrics(),
        SemanticNames(),
        Durability(),
    ),
    options=OPTIONS,
    own=MetricsSettings,
)
