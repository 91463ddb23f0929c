# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of pod_autoscaling, in the order of the check list."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.suite import Suite

from .attribution import OwnLoadOnly
from .growing import ScalesUp
from .loss import MetricLost
from .pipeline import PipelineServed
from .queued import FollowsQueue
from .requirement import POD_AUTOSCALING
from .settings import OPTIONS, HpaSettings
from .shortage import ShortageTold
from .shrinking import ScalesDown
from .threshold import BelowTarget
from .truth import ValueTruth

SUITE = Suite(
    about=POD_AUTOSCALING,
    checks=(
        PipelineServed(),
        ValueTruth(),
        ScalesUp(),
        ScalesDown(),
        BelowTarget(),
        MetricLost(),
        FollowsQueue(),
        OwnLoadOnly(),
        ShortageTold(),
    ),
    options=OPTIONS,
    own=HpaSettings,
)
