# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of ai_service_metrics do, for rights and plans."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import PROBES, Needs, anywhere, inside

from .server import POD_MONITOR

ASKING = Needs(rights=anywhere(kinds.SERVICE, "get", subresource="proxy"))
"""Asking the monitoring system."""

SERVING = ASKING + PROBES + Needs(makes=(POD_MONITOR,), rights=inside(kinds.POD, "get", "create", subresource="proxy"))
"""Running a workload, sending it requests and asking the monitoring system about it. A PodMonitor is made only where the options say so."""
