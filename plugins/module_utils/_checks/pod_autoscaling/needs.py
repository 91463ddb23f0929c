# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of this package do on a cluster, declared before they do it. Pure."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import LOOKING, Needs, anywhere, inside
from ansible_collections.ailab.conformance.plugins.module_utils._platform.scaling import ANY_METRIC, API_SERVICE, HPA

SCALES = LOOKING + Needs(
    makes=(kinds.DEPLOYMENT, HPA, kinds.RESOURCE_CLAIM_TEMPLATE),
    rights=(
        *inside(kinds.POD, "list", "watch"),
        *inside(kinds.POD, "create", "get", subresource="exec"),
        *inside(ANY_METRIC, "get"),
        *anywhere(API_SERVICE, "list"),
    ),
    images=("probe_image",),
)
"""Making Deployments that expose a metric, and autoscalers that follow it."""

QUEUES = SCALES + Needs(makes=(kinds.POD, kinds.SERVICE), images=("server_image",))
"""The same with inference servers behind Services, and clients of theirs."""
