# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of gang_scheduling, in the order of the check list."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.suite import Suite

from .accelerated import OwnAccelerators
from .capacity import HeldByCapacity
from .deadlock import NoDeadlock
from .positive import GangRuns
from .quota import HeldByQuota
from .release import StartsWhenFreed
from .requirement import GANG_SCHEDULING
from .settings import OPTIONS, GangSettings
from .solution_up import SolutionUp

SUITE = Suite(
    about=GANG_SCHEDULING,
    checks=(SolutionUp(), GangRuns(), HeldByQuota(), HeldByCapacity(), NoDeadlock(), StartsWhenFreed(), OwnAccelerators()),
    options=OPTIONS,
    own=GangSettings,
)
