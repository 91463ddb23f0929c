# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine sizes of the lab's datacenter: what an OpenStack flavor is elsewhere. The name says how many simulated GPUs a node has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lab.machines.names import ALLOCATIONS, GPU_POOL

_GPUS = re.compile(r"lab\.gpu-([1-8])")
NAMES = ("lab.cpu", *(f"lab.gpu-{count}" for count in range(1, 9)))
VCPUS, MEMORY_MB, DISK_GB = 2, 4096, 20


def accelerators(flavor: str, labels: Mapping[str, str]) -> dict[str, Any] | None:
    """What a machine of this flavor has, as the lab's machine controller reads it; nothing for a flavor without GPUs.

    Args:
        labels: of the node; ``ailab.conformance/gpu-pool`` says who hands the GPUs out, a DRA driver if it says nothing.
    """
    found = _GPUS.fullmatch(flavor)
    return {"allocation": labels.get(GPU_POOL, ALLOCATIONS[0]), "count": int(found[1])} if found else None
