# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All checks, by id, and the requirements that they prove."""

from __future__ import annotations

from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.judge import Requirement

from .dra.admin_access import AdminAccessGuarded
from .dra.allocation import AllocatedByClass
from .dra.alternatives import FirstPossibleAlternative
from .dra.api_served import ApiServed
from .dra.attributes import RichAttributes
from .dra.crud import CreateReadUpdateDelete
from .dra.driver import DriverHealthy
from .dra.release import DeviceReleased
from .dra.selector import AllocatedByAttribute
from .dra.sharing import SharedClaim

DRA_SUPPORT = Requirement(id="dra_support", category="accelerators", level="MUST")

REQUIREMENTS: dict[Requirement, tuple[Check[Any], ...]] = {
    DRA_SUPPORT: (
        ApiServed(),
        CreateReadUpdateDelete(),
        DriverHealthy(),
        RichAttributes(),
        AllocatedByClass(),
        AllocatedByAttribute(),
        SharedClaim(),
        FirstPossibleAlternative(),
        DeviceReleased(),
        AdminAccessGuarded(),
    )
}

CHECKS: dict[str, Check[Any]] = {check.id: check for checks in REQUIREMENTS.values() for check in checks}
