# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of accelerator_metrics do, for rights and plans, and what they share with others."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import NODE_GROUPS, Takes
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import LOOKING, PROBES, Needs, anywhere

READING = LOOKING + Needs(rights=anywhere(kinds.POD, "get", subresource="proxy"))
"""Finding the exporters and reading them through the API server."""

STORE = READING + Needs(rights=anywhere(kinds.SERVICE, "get", subresource="proxy"))
"""Asking the monitoring system besides."""

LOADING = READING + PROBES + Needs(images=("load_image",))
"""Putting load on accelerators besides."""

ALL_NODES = Takes(reads=NODE_GROUPS, first=True, seconds=6.0)
"""Reading the exporters of all nodes, while none comes or goes: the exporter of a node that has just come answers nothing yet."""
