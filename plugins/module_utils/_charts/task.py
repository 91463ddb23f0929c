# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The task ``helm_release``: parameters in, result out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster import kubeconfig
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import cluster_of
from ansible_collections.ailab.conformance.plugins.module_utils._engine.cluster_options import CLUSTER_SPEC
from ansible_collections.ailab.conformance.plugins.module_utils._engine.entry import Call, Outcome
from ansible_collections.ailab.conformance.plugins.module_utils._ready.task import READY_SPEC, want_of

from .install import Hand, Order, present
from .ownership import Owner
from .program import Chart, Helm
from .removal import absent

JSON = Any

ARGUMENT_SPEC: Mapping[str, Mapping[str, JSON]] = {
    **CLUSTER_SPEC,
    **READY_SPEC,
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "chart": {"type": "str"},
    "repository": {"type": "str", "default": ""},
    "version": {"type": "str", "default": ""},
    "values": {"type": "dict", "default": {}},
    "registry": {"type": "str", "default": ""},
    "crds": {"type": "str", "choices": ["manage", "leave"], "default": "manage"},
    "namespace_labels": {"type": "dict", "default": {}},
    "shared_namespace": {"type": "bool", "default": False},
    "adopt": {"type": "bool", "default": False},
    "seconds": {"type": "int", "default": 300},
    "helm": {"type": "path", "default": ""},
}
REQUIRED_IF = (("state", "present", ("chart",)),)


def run(call: Call, *, hand: Hand) -> Outcome:
    """Set or remove a release.

    Args:
        call: the options.
        hand: changes releases.

    Raises:
        ConformanceError: see ``install`` and ``removal``.
    """
    options = call.options
    found = kubeconfig.read(path=kubeconfig.locate(options.get("kubeconfig")), context=options.get("context"))
    order = order_of(options)
    with cluster_of(found) as cluster:
        if options["state"] == "absent":
            return absent(cluster, order.owner, hand=hand, seconds=order.seconds, check_mode=call.check_mode)
        helm = Helm(binary=options["helm"], kubeconfig=found)
        return present(cluster, order, helm=helm, hand=hand, check_mode=call.check_mode)


def order_of(options: Mapping[str, JSON]) -> Order:
    """What the options ask for."""
    return Order(
        owner=Owner(release=options["name"], namespace=options["namespace"]),
        chart=Chart(ref=options["chart"] or "", repository=options["repository"], version=options["version"]),
        values=options["values"],
        registry=options["registry"].rstrip("/"),
        manage_crds=options["crds"] == "manage",
        namespace_labels=options["namespace_labels"],
        shared_namespace=options["shared_namespace"],
        adopt=options["adopt"],
        seconds=options["seconds"],
        hopeless_seconds=options["hopeless_seconds"],
        objects=[want_of(entry) for entry in options["objects"]],
        dry_runs=options["dry_runs"],
    )
