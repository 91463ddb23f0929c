# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of this package do on a cluster, declared before they do it. Pure."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import LOOKING, Needs, inside
from ansible_collections.ailab.conformance.plugins.module_utils._platform.node_groups import ALL_KINDS

LOOKS = LOOKING + Needs(reads=(*ALL_KINDS, kinds.NODE, kinds.CONFIG_MAP))
"""Looking at the autoscaler and its groups."""

GROWS = LOOKS + Needs(
    makes=(kinds.POD,),
    reads=(kinds.EVENT,),
    rights=inside(kinds.POD, "create", "get", subresource="exec"),
    images=("probe_image",),
)
"""Making pods that no node has room for."""
