# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification can be told. Durations are in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Options of the verifiers that make objects on a cluster.

    Attributes:
        device_class: DeviceClass of the accelerators.
        probe_image: image of the probe pods; it needs ``sh`` and ``sleep``.
        tolerations: of the probe pods, so that they can run on tainted accelerator nodes.
        accelerator_label: ``key=value`` that marks a node with accelerators.
        accelerator_resource: extended resource of a device plugin for the same accelerators.
        namespace_prefix: start of the names of the namespaces that are made.
        start_seconds: by when a probe pod must run.
        settle_seconds: for how long a refusal must stand before it counts. A scheduler decides within milliseconds and again upon
            every change that matters, so this only has to outlast a change that is on its way, such as a claim being released.
        cleanup_seconds: by when what was made must be gone.
    """

    device_class: str
    probe_image: str
    tolerations: tuple[Mapping[str, JSON], ...]
    accelerator_label: str
    accelerator_resource: str
    namespace_prefix: str
    start_seconds: float
    settle_seconds: float
    cleanup_seconds: float
