# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of cluster_autoscaling, in the order of the check list."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.suite import Suite

from .autoscaler_up import AutoscalerUp
from .baseline import FullGroup
from .from_zero import GrowsFromZero
from .identity import NewNode
from .requirement import CLUSTER_AUTOSCALING
from .restored import AsItWas
from .restraint import NoFalseGrowth
from .selectivity import RightGroupOnly
from .settings import OPTIONS, ScalingSettings
from .shrinking import IdleNodeGoes
from .trigger import WaitsForAccelerators
from .usable import NodeIsUsable

SUITE = Suite(
    about=CLUSTER_AUTOSCALING,
    checks=(
        AutoscalerUp(),
        FullGroup(),
        WaitsForAccelerators(),
        NewNode(),
        NodeIsUsable(),
        IdleNodeGoes(),
        RightGroupOnly(),
        NoFalseGrowth(),
        GrowsFromZero(),
        AsItWas(),
    ),
    options=OPTIONS,
    own=ScalingSettings,
)
