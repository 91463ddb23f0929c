# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of this package do on a cluster, declared before they do it. Pure."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import LOOKING, Needs, inside
from ansible_collections.ailab.conformance.plugins.module_utils._platform.queues import MADE, WORKLOADS

LOOKS = LOOKING + Needs(
    reads=(kinds.DEPLOYMENT, kinds.ENDPOINT_SLICE, kinds.VALIDATING_WEBHOOK, kinds.MUTATING_WEBHOOK),
)
"""Looking whether a solution is up."""

GANGS = LOOKING + Needs(
    makes=(kinds.JOB, kinds.SERVICE, *MADE),
    rights=(
        *inside(kinds.POD, "list", "watch", "patch"),
        *(right for kind in WORKLOADS for right in inside(kind, "list", "watch")),
    ),
    images=("probe_image",),
)
"""Sending gangs through queues and watching their members."""
