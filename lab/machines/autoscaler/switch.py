# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ConfigMap that switches the stand-in on, and says how patient it is.

A real cluster-autoscaler is installed, with flags. The stand-in is a part of the lab's machine controller, so what is installed in its
place is this ConfigMap, whose keys are the names of those flags. All that the stand-in writes down belongs to it and goes with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lab.machines.autoscaler.quantities import seconds
from lab.machines.autoscaler.settings import COMPONENT, AutoscalerSettings
from lab.machines.kube import JSON, Kube, KubeError
from lab.machines.names import CONFIG_MAPS, NAMESPACE, SIMULATED

SCAN, UNNEEDED, DELAY_AFTER_ADD, PROVISION = _FLAGS = (
    "scan-interval",
    "scale-down-unneeded-time",
    "scale-down-delay-after-add",
    "max-node-provision-time",
)


def switch(flags: Mapping[str, str]) -> JSON:
    """The ConfigMap.

    Args:
        flags: durations as Go writes them, by the names of cluster-autoscaler's flags.
    """
    meta = {"name": COMPONENT, "namespace": NAMESPACE, "labels": {SIMULATED: "true"}}
    return {"apiVersion": CONFIG_MAPS.api_version, "kind": CONFIG_MAPS.kind, "metadata": meta, "data": dict(flags)}


def find_switch(kube: Kube) -> JSON | None:
    """The ConfigMap, or None where there is none or it is being deleted.

    Raises:
        KubeError: the API server does not answer.
    """
    try:
        found = kube.get(CONFIG_MAPS.path(COMPONENT, namespace=NAMESPACE))
    except KubeError as error:
        if error.gone:
            return None
        raise
    return None if found["metadata"].get("deletionTimestamp") else found


def settings_of(found: JSON, default: AutoscalerSettings) -> AutoscalerSettings:
    """What the ConfigMap says, and the default where it says nothing.

    Raises:
        ValueError: a key that is no flag of the stand-in, or a value that is no duration.
    """
    data: Mapping[str, str] = found.get("data") or {}
    if strange := sorted(data.keys() - set(_FLAGS)):
        raise ValueError(f"ConfigMap {NAMESPACE}/{COMPONENT}: found {', '.join(strange)}, expected {', '.join(_FLAGS)}")
    try:
        given = {flag: seconds(text) for flag, text in data.items()}
    except ValueError as exc:
        raise ValueError(f"ConfigMap {NAMESPACE}/{COMPONENT}: {exc}") from exc
    return replace(
        default,
        scan=given.get(SCAN, default.scan),
        unneeded=given.get(UNNEEDED, default.unneeded),
        delay_after_add=given.get(DELAY_AFTER_ADD, default.delay_after_add),
        provision=given.get(PROVISION, default.provision),
    )


def owned(found: JSON) -> list[JSON]:
    """The owner references (metav1.OwnerReference) of what the stand-in writes down; foreground deletion of the ConfigMap waits for it."""
    meta = found["metadata"]
    return [
        {
            "apiVersion": CONFIG_MAPS.api_version,
            "kind": CONFIG_MAPS.kind,
            "name": meta["name"],
            "uid": meta["uid"],
            "blockOwnerDeletion": True,
        }
    ]
