# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gives accelerators out. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping


class Allocator(enum.StrEnum):
    """Who gives accelerators out: the scheduler by claims, or the kubelet's device plugin by counts."""

    DRA = enum.auto()
    DEVICE_PLUGIN = enum.auto()


def chosen(free: Mapping[Allocator, int], *, wanted: str) -> Allocator:
    """The allocator that was asked for; with ``auto`` DRA where it has devices, the device plugin where only that one has."""
    if wanted != "auto":
        return Allocator(wanted)
    return Allocator.DEVICE_PLUGIN if not free[Allocator.DRA] and free[Allocator.DEVICE_PLUGIN] else Allocator.DRA
