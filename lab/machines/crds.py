# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds MachineDeployment, MachineSet and Machine, put into a cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml

from lab.machines.kube import JSON, Kube, KubeError
from lab.machines.names import CONTROLLER, DEFINITIONS

_FILE = Path(__file__).with_name("crds.yaml")


def definitions() -> list[JSON]:
    """The three CustomResourceDefinitions."""
    return [dict(document) for document in yaml.safe_load_all(_FILE.read_text())]


def install(kube: Kube, wait: Callable[[float], bool]) -> bool:
    """Apply the definitions and wait until the server serves them.

    Args:
        wait: waits some seconds; true says that nobody wants the result any more.

    Returns:
        Whether they are served; false where the wait was cut short.
    """
    for definition in definitions():
        kube.apply(DEFINITIONS.path(definition["metadata"]["name"]), definition, manager=CONTROLLER)
    while not all(_served(kube, definition) for definition in definitions()):
        if wait(0.05):
            return False
    return True


def _served(kube: Kube, definition: JSON) -> bool:
    try:
        found = kube.get(DEFINITIONS.path(definition["metadata"]["name"]))
        names, group = definition["spec"]["names"], definition["spec"]["group"]
        established = any(c["type"] == "Established" and c["status"] == "True" for c in found.get("status", {}).get("conditions", []))
        # Established comes a moment before the first request is answered.
        return established and kube.list(f"/apis/{group}/v1alpha1/{names['plural']}", limit="1") is not None
    except KubeError as error:
        if error.gone:
            return False
        raise
