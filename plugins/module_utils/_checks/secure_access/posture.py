# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SAA-12: how the platform injects accelerators, as far as its objects tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import Needs

from .requirement import SECURE_ACCESS

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


JSON = Any

_STACK = re.compile(r"nvidia|gpu|cdi|device-plugin|dra-driver", re.IGNORECASE)
_ENVIRONMENT = re.compile(r"ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED", re.IGNORECASE)

_LEGACY: JSON = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "synthetic-container-toolkit", "namespace": "gpu-operator"},
    "spec": {
        "template": {
            "spec": {
                "containers": [
                    {"name": "toolkit", "env": [{"name": "ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED", "value": "true"}]}
                ]
            }
        }
    },
}
"""A toolkit in the mode in which images choose their accelerators by an environment variable."""


class PostureKnown(RecordedControl[Situation]):
    """The DaemonSets of the accelerator stack do not ask for injection by environment variables.

    What a runtime really does is shown by SAA-02 and SAA-06; this one tells where to look when they fail. The control is what was
    seen and a toolkit in its old mode beside it.
    """

    id = "SAA-12"
    requirement = SECURE_ACCESS.id
    needs = Needs(reads=(kinds.DAEMON_SET, kinds.RUNTIME_CLASS))
    title = "device injection is configured safely"
    asks = "Does no DaemonSet of the accelerator stack allow unprivileged pods to choose devices by environment variables?"
    broken_looks_like = "A container toolkit runs with ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED set to true."
    sources = ("NVIDIA Container Toolkit: configuration", "Container Device Interface specification")
    mandatory = False
    reads_only = True
    subject = AS_IT_IS
    control = Situation(cluster="as it is, with a container toolkit in its old mode beside it")
    control_reason = "environment-injection-allowed"

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Reads the DaemonSets that look like the accelerator stack, and the RuntimeClasses."""
        items = bench.cluster.list(kinds.DAEMON_SET.collection()).items
        bench.note("daemon_sets", [item for item in items if _STACK.search(f"{item['metadata']['namespace']}/{item['metadata']['name']}")])
        bench.listing("runtime_classes", kinds.RUNTIME_CLASS)

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same cluster with a toolkit in its old mode."""
        return [
            ("daemon_sets", [*(subject.last("daemon_sets") or []), _LEGACY]),
            ("runtime_classes", subject.last("runtime_classes") or []),
        ]

    def evaluate(self, seen: Seen) -> Finding:
        """Looks for the variable."""
        found, classes = seen.last("daemon_sets"), seen.last("runtime_classes")
        if found is None or classes is None:
            return inconclusive("posture-not-seen", "DaemonSets and RuntimeClasses were not read to their end")
        names = [f"{item['metadata']['namespace']}/{item['metadata']['name']}" for item in found]
        if not names:
            return inconclusive("stack-not-found", "no DaemonSet looks like an accelerator stack, expected a device plugin or a driver")
        legacy = [name for item in found for name in _allowing(item)]
        if legacy:
            sentence = f"{listed(legacy)} lets images choose accelerators by an environment variable"
            return failure("environment-injection-allowed", f"{sentence}: see the toolkit's configuration")
        return success("posture-known", f"{listed(sorted(names))}: none allows injection by environment variables")


def _allowing(item: JSON) -> Iterator[str]:
    """The containers of a DaemonSet that allow it."""
    for container in item["spec"]["template"]["spec"].get("containers") or []:
        for variable in container.get("env") or []:
            if _ENVIRONMENT.search(str(variable.get("name"))) and str(variable.get("value")).lower() == "true":
                yield f"{item['metadata']['namespace']}/{item['metadata']['name']} ({container.get('name')})"
