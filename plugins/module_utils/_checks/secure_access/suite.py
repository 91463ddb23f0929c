# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that proves secure_accelerator_access."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.suite import Suite

from .boundary import ContainerBoundary
from .cross import CrossAccessDenied
from .denied import DeniedWithoutRequest
from .environment import EnvironmentIgnored
from .foreign_claim import ForeignClaimUnusable
from .gate import HostPathRefused
from .granted import GrantedExactly
from .posture import PostureKnown
from .requirement import SECURE_ACCESS
from .reuse import ReusedAfterRelease
from .separate import PodsSeparate
from .settings import SecureAccessSettings
from .tenancy import TenantsApart

SUITE = Suite(
    about=SECURE_ACCESS,
    checks=(
        GrantedExactly(),
        DeniedWithoutRequest(),
        ContainerBoundary(),
        PodsSeparate(),
        CrossAccessDenied(),
        EnvironmentIgnored(),
        HostPathRefused(),
        ForeignClaimUnusable(),
        ReusedAfterRelease(),
        TenantsApart(),
        PostureKnown(),
    ),
    options={"runtime_class": {"type": "str", "default": ""}},
    own=SecureAccessSettings,
)
