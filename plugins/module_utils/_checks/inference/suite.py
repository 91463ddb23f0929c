# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that proves ai_inference."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.suite import Suite

from .across import CrossNamespace
from .baseline import Baseline
from .class_accepted import ClassAccepted
from .headers import HeaderRouting
from .models import ModelRouting
from .programmed import Programmed
from .requirement import AI_INFERENCE
from .resilience import Resilience
from .reweight import DynamicReweight
from .settings import OPTIONS, InferenceSettings
from .upstream_suite import UpstreamSuite
from .weights import WeightedSplit

SUITE = Suite(
    about=AI_INFERENCE,
    checks=(
        ClassAccepted(),
        Programmed(),
        Baseline(),
        WeightedSplit(),
        DynamicReweight(),
        HeaderRouting(),
        ModelRouting(),
        Resilience(),
        CrossNamespace(),
        UpstreamSuite(),
    ),
    options=OPTIONS,
    own=InferenceSettings,
)
