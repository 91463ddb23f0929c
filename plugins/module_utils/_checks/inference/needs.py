# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of ai_inference do, for rights and plans."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import LOOKING, PROBES, Needs, anywhere, inside

from .objects import GATEWAY, GATEWAY_CLASS, HTTP_ROUTE, REFERENCE_GRANT

READING = LOOKING + Needs(reads=(GATEWAY_CLASS, kinds.CUSTOM_RESOURCE))
"""Looking at what the platform offers."""

ROUTING = (
    READING
    + PROBES
    + Needs(
        makes=(GATEWAY, HTTP_ROUTE, kinds.SERVICE),
        rights=(*inside(HTTP_ROUTE, "patch"), *inside(kinds.ENDPOINT_SLICE, "list", "watch")),
        images=("client_image",),
    )
)
"""Making a gateway, routes and backends, and sending requests."""

ACROSS = ROUTING + Needs(makes=(REFERENCE_GRANT,), deposits=(kinds.SECRET,))
"""The same across namespaces, with a certificate."""

MODELS = ROUTING + Needs(rights=anywhere(GATEWAY, "get"), images=("model_image",))
"""The same with inference servers, and through a gateway of the platform."""
