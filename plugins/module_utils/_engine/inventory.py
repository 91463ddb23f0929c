# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What exists of the kinds that a run can make, before and after it, by UID."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import METADATA_ONLY
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import timestamp
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import NotFoundError
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.identity import RUN_LABEL

from .documents import ObjectRef
from .inputs import Inventory

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.kinds import Kind
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.ledger import Entry

_ALWAYS = (kinds.NAMESPACE, kinds.NODE, kinds.POD)


def take(cluster: Cluster, *, made: Collection[Kind], run_id: str = "") -> Inventory:
    """Lists the relevant kinds of the whole cluster. A kind that is not served has no objects.

    Args:
        cluster: the API server.
        made: kinds that checks can make.
        run_id: of the run whose labelled objects are to be named; empty before there is one.

    Raises:
        ApiError: the server refuses to list one of the kinds.
        UnreachableError: no answer.
    """
    found = tuple(dict.fromkeys((*_ALWAYS, *made)))
    labelled = _all(cluster, found, labels=f"{RUN_LABEL}={run_id}") if run_id else ()
    return Inventory(
        at=timestamp(cluster.clock.now()),
        objects=tuple(sorted(_all(cluster, found, labels=""), key=_order)),
        labelled=tuple(sorted(labelled, key=_order)),
    )


def counts(inventory: Inventory) -> Mapping[str, int]:
    """Number of objects by kind."""
    return dict(sorted(Counter(item.kind for item in inventory.objects).items()))


def leaked(after: Inventory, *, made: Sequence[Entry]) -> Mapping[ObjectRef, str]:
    """What a run has left behind, and which requirement it belongs to. Pure.

    Args:
        after: what exists.
        made: what the ledger does not know to be gone. An entry without UID counts by its name, which is the run's alone.

    Returns:
        The requirement's id; empty for what carries the run's label and is not in the ledger.
    """
    by_uid = {entry.uid: entry.requirement for entry in made if entry.uid}
    by_name = {(entry.kind, entry.namespace, entry.name): entry.requirement for entry in made if not entry.uid}
    labelled = set(after.labelled)
    found: dict[ObjectRef, str] = {}
    for item in after.objects:
        owner = by_uid.get(item.uid) or by_name.get((item.kind, item.namespace, item.name))
        if owner is not None or item in labelled:
            found[item] = owner or ""
    return found


def _all(cluster: Cluster, relevant: Iterable[Kind], *, labels: str) -> Iterable[ObjectRef]:
    for kind in relevant:
        try:
            items = cluster.list(kind.collection(), labels=labels, accept=METADATA_ONLY).items
        except NotFoundError:
            continue
        for item in items:
            metadata = item["metadata"]
            yield ObjectRef(kind=kind.name, namespace=metadata.get("namespace", ""), name=metadata["name"], uid=metadata["uid"])


def _order(item: ObjectRef) -> tuple[str, str, str]:
    return item.kind, item.namespace, item.name
