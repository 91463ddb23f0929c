# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that proves dra_support."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.suite import Suite

from .admin_access import AdminAccessGuarded
from .allocation import AllocatedByClass
from .alternatives import FirstPossibleAlternative
from .api_served import ApiServed
from .attributes import RichAttributes
from .crud import CreateReadUpdateDelete
from .driver import DriverHealthy
from .release import DeviceReleased
from .requirement import DRA_SUPPORT
from .selector import AllocatedByAttribute
from .sharing import SharedClaim

SUITE = Suite(
    about=DRA_SUPPORT,
    checks=(
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
    ),
)
