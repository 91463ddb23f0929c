# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How patient the stand-in is."""

from __future__ import annotations

from dataclasses import dataclass

COMPONENT = "ailab-autoscaler-stand-in"  # its name: source of its events, its lease
STATUS = "cluster-autoscaler-status"  # the real one's ConfigMap: who asserts on it finds it here too


@dataclass(frozen=True, slots=True)
class AutoscalerSettings:
    """All in seconds; cluster-autoscaler has a flag for each, with minutes where a lab has seconds.

    Attributes:
        scan: between two looks at pending pods (``--scan-interval``, 10 s).
        unneeded: for how long a node has to be empty before it goes (``--scale-down-unneeded-time``, 10 min); a group's annotation
            ``cluster.k8s.io/autoscaling-options-scaledownunneededtime`` is heard first.
        delay_after_add: after a scale-up in which nothing goes (``--scale-down-delay-after-add``, 10 min).
        provision: for how long a node that is asked for counts as coming (``--max-node-provision-time``, 15 min).
        lease: for how long the lease holds that keeps a second stand-in away (``--leader-elect-lease-duration``, 15 s).
    """

    scan: float = 2.0
    unneeded: float = 30.0
    delay_after_add: float = 20.0
    provision: float = 180.0
    lease: int = 15
