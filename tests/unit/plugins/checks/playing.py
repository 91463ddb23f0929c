# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check is played with from its first request to its verdict: the options' defaults, pods that run at once, and the play itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Recorder
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding, Side
from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
from ansible_collections.ailab.conformance.plugins.module_utils._platform.stock import NO_STOCK, Stock
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workspace import Workspace

JSON = Any

NODE, ADDRESS = "stays", "10.0.0.7"
"""Where pods run, and at which address."""


def defaults(options: Mapping[str, Mapping[str, JSON]], **changes: JSON) -> dict[str, JSON]:
    """The values of a module's options when nobody sets them, but for some; lists as the settings have them."""
    values = {name: option["default"] for name, option in options.items()} | changes
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def run_at_once(api: Any) -> None:
    """Has every pod of the API server run and be ready as soon as it is there."""
    others = api.created

    def created(item: JSON) -> None:
        others(item)
        if item["kind"] == "Pod":
            ready = {"type": "Ready", "status": "True"}
            running = {"state": {"running": {}}, "ready": True}
            status = {"phase": "Running", "podIP": ADDRESS, "conditions": [ready], "containerStatuses": [running]}
            name, space = item["metadata"]["name"], item["metadata"]["namespace"]
            api.put("Pod", name, space=space, metadata=item["metadata"], spec={**item["spec"], "nodeName": NODE}, status=status)

    api.created = created


def played(check: Check[Any], space: Workspace, *, side: Side = Side.SUBJECT, stock: Stock = NO_STOCK) -> Finding:
    """What a check says of one of its sides after it has observed it."""
    record = Recorder(space.cluster.clock)
    variant = check.subject if side is Side.SUBJECT else check.control
    check.observe(Bench(workspace=space, prefix=f"{check.id.lower()}-{side.value}", record=record, stock=stock), variant)
    return check.evaluate(record.seen)
