# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the accelerators of a cluster and who has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import NotFoundError

from . import kinds
from .devices import Device, current, devices, drivers_of, free
from .precondition import PreconditionError

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The devices that claims of one DeviceClass can get.

    Attributes:
        class_name: name of the DeviceClass.
        device_class: the DeviceClass; None when it does not exist.
        all_slices: ResourceSlices of its drivers, of whatever generation.
        claims: all ResourceClaims.
    """

    class_name: str
    device_class: JSON | None
    all_slices: Sequence[JSON]
    claims: Sequence[JSON]

    @property
    def slices(self) -> list[JSON]:
        """The slices that the scheduler looks at."""
        return current(self.all_slices)

    @property
    def published(self) -> list[Device]:
        """All devices."""
        return devices(self.slices)

    @property
    def free(self) -> list[Device]:
        """The devices that nobody has."""
        return free(self.published, self.claims)

    def as_fact(self) -> JSON:
        """What an evaluator needs of it: the counts, and one slice with a free device as a sample of what they are."""
        sample = {device.id for device in (self.free or self.published)[:1]}
        return {
            "class_name": self.class_name,
            "device_class": self.device_class,
            "published": len(self.published),
            "free": len(self.free),
            "sample": next((item for item in self.slices if any(device.id in sample for device in devices([item]))), None),
        }

    def require_class(self) -> None:
        """Raises a PreconditionError when the DeviceClass does not exist."""
        if self.device_class is None:
            raise PreconditionError(
                name="device-class",
                what="looking for devices",
                found=f"no DeviceClass {self.class_name!r}",
                expected="the class that the platform's driver serves",
                look="kubectl get deviceclasses, and the option device_class",
            )

    def require_free(self, count: int) -> list[Device]:
        """So many free devices of the class.

        Raises:
            PreconditionError: there are fewer.
        """
        available = self.free
        if len(available) < count:
            drivers = drivers_of(self.device_class) if self.device_class else {self.class_name}
            raise PreconditionError(
                name="free-device",
                what=f"looking for devices of {', '.join(sorted(drivers))}",
                found=f"{len(self.published)} published, {len(available)} of them free",
                expected=f"{count} free",
                look="kubectl get resourceslices, and kubectl get resourceclaims --all-namespaces",
            )
        return available[:count]


def survey(cluster: Cluster, class_name: str) -> Survey:
    """Reads the DeviceClass, its drivers' slices and all claims.

    Raises:
        ApiError: the server refuses to show one of them.
        UnreachableError: no answer.
    """
    try:
        device_class = cluster.get(kinds.DEVICE_CLASS.path(name=class_name))
    except NotFoundError:
        device_class = None
    drivers = drivers_of(device_class) if device_class else frozenset({class_name})
    slices = [
        item for driver in sorted(drivers) for item in cluster.list(kinds.RESOURCE_SLICE.collection(), fields=f"spec.driver={driver}").items
    ]
    claims = cluster.list(kinds.RESOURCE_CLAIM.collection()).items
    return Survey(class_name=class_name, device_class=device_class, all_slices=slices, claims=claims)
