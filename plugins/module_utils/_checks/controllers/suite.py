# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that proves robust_controller."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.suite import Suite

from .defaults import DefaultsFilledIn
from .deleted import ChildrenGo
from .installed import InstalledAndIdentified
from .kinds_served import KindsEstablished
from .many import ManyReconciled
from .pods import PodsRunSteadily
from .reconciled import ResourceReconciled
from .refused import UnsoundRefused
from .removable import BelongingsTold
from .repaired import DriftRepaired
from .requirement import ROBUST_CONTROLLER
from .restarted import SurvivesRestart
from .settings import ControllerSettings
from .updated import ChangeTakesEffect
from .webhooks import WebhooksWired

SUITE = Suite(
    about=ROBUST_CONTROLLER,
    checks=(
        InstalledAndIdentified(),
        PodsRunSteadily(),
        KindsEstablished(),
        WebhooksWired(),
        UnsoundRefused(),
        DefaultsFilledIn(),
        ResourceReconciled(),
        DriftRepaired(),
        ChangeTakesEffect(),
        ChildrenGo(),
        SurvivesRestart(),
        ManyReconciled(),
        BelongingsTold(),
    ),
    options={
        "controller": {"type": "str", "choices": ["auto", "trainer", "jobset"], "default": "auto"},
        "reconcile_seconds": {"type": "float", "default": 60.0},
        "many": {"type": "int", "default": 20},
    },
    own=ControllerSettings,
)
