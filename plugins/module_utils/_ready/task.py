# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The task ``wait_ready``: parameters in, result out, the same in the controller and on a managed host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Deadline
from ansible_collections.ailab.conformance.plugins.module_utils._engine.cluster_options import CLUSTER_SPEC, cluster_from
from ansible_collections.ailab.conformance.plugins.module_utils._engine.entry import Call, Entry, Outcome

from .dry_run import admitted
from .predicates import Field
from .wait import Waited, Want, wait

JSON = Any

READY_SPEC: Mapping[str, Mapping[str, JSON]] = {
    "hopeless_seconds": {"type": "int", "default": 20},
    "dry_runs": {"type": "list", "elements": "dict", "default": []},
    "objects": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "mutually_exclusive": [("name", "label_selector"), ("name", "field_selector")],
        "options": {
            "api_version": {"type": "str", "required": True},
            "kind": {"type": "str", "required": True},
            "namespace": {"type": "str", "default": ""},
            "name": {"type": "str", "default": ""},
            "label_selector": {"type": "str", "default": ""},
            "field_selector": {"type": "str", "default": ""},
            "count": {"type": "int", "default": 1},
            "every": {"type": "bool", "default": False},
            "condition": {"type": "str", "default": ""},
            "where": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "required_one_of": [("equals", "at_least")],
                "options": {
                    "path": {"type": "list", "elements": "str", "required": True},
                    "equals": {"type": "str"},
                    "at_least": {"type": "int"},
                },
            },
        },
    },
}
"""What must be ready. Must be kept in sync with plugins/doc_fragments/ready.py."""

ARGUMENT_SPEC: Mapping[str, Mapping[str, JSON]] = {
    **CLUSTER_SPEC,
    "seconds": {"type": "int", "default": 120},
    **READY_SPEC,
}


def run(call: Call) -> Outcome:
    """Wait as the options say; in check mode not at all, because what would be waited for was not made.

    Raises:
        ConformanceError: the cluster cannot be asked.
    """
    wants = [want_of(entry) for entry in call.options["objects"]]
    if call.check_mode:
        return Outcome(message=f"check mode: not waited for {', '.join(map(str, wants))}", values={"lacking": []})
    seconds = call.options["seconds"]
    with cluster_from(call.options) as cluster:
        deadline = Deadline(clock=cluster.clock, seconds=seconds)
        waited = wait(cluster, wants, seconds=seconds, hopeless_seconds=call.options["hopeless_seconds"])
        lacking = waited.lacking or admitted(cluster, call.options["dry_runs"], seconds=deadline.left())
    said = f"{given_up_or_late(waited, seconds=seconds)}: {'; '.join(lacking)}" if lacking else ""
    return Outcome(failed=bool(lacking), message=said, values={"lacking": lacking})


def given_up_or_late(waited: Waited, *, seconds: float) -> str:
    """How a wait that came to nothing ended."""
    return "given up, because waiting does not help" if waited.given_up else f"not ready after {seconds:g} s"


def want_of(entry: Mapping[str, JSON]) -> Want:
    """What one entry of the option asks for."""
    return Want(
        api_version=str(entry["api_version"]),
        kind=str(entry["kind"]),
        namespace=str(entry["namespace"]),
        name=str(entry["name"]),
        labels=str(entry["label_selector"]),
        fields=str(entry["field_selector"]),
        count=int(entry["count"]),
        every=bool(entry["every"]),
        condition=str(entry["condition"]),
        where=tuple(Field(path=tuple(field["path"]), equals=field["equals"], at_least=field["at_least"]) for field in entry["where"]),
    )


ENTRY = Entry(task=run, argument_spec=ARGUMENT_SPEC)
