# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification can be told. Durations are in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError

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
        allocator: ``dra``, ``device_plugin``, or ``auto`` for the one that has accelerators.
        allow_disruptive: whether checks may run that disturb what was there before them.
        max_nodes_added: while there are so many nodes more than when the requirement was begun, checks of it are still started.
        max_minutes: after this time no further check of a requirement is started.
        max_parallel: how many sides of checks go on at the same time in the whole run; 0 for as many as there are.
        own: the requirement's own settings, a dataclass of its package; None where it has none.
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
    allocator: str = "auto"
    allow_disruptive: bool = False
    max_nodes_added: int = 1
    max_minutes: float = 30.0
    max_parallel: int = 0
    own: object = None


def unusable(option: str, found: JSON, *, expected: str) -> ConformanceError:
    """An option whose value cannot be used, for whoever reads options."""
    look = "the task's options and the group_vars"
    return ConformanceError(what=f"reading option {option}", found=repr(found), expected=expected, look=look)
