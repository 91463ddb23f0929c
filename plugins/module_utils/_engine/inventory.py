# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What exists of the kinds that a run can make, before and after it, by UID.

A kind that the API server cannot list at the moment, as when the conversion webhook of its CRD is down, is named and left out: it must not
keep anybody from proving what has nothing to do with it, and it must not count as clean.
"""

from __future__ import annotations

import concurrent.futures
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import METADATA_ONLY
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import timestamp
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ApiError, NotFoundError
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.identity import RUN_LABEL

from .documents import ObjectRef, Uncompared
from .inputs import Inventory, Unreadable

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.kinds import Kind
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.ledger import Entry

JSON = Any

_ALWAYS = (kinds.NAMESPACE, kinds.NODE, kinds.POD)
"""Without these nothing can be said about a cluster."""

_THREADS = 8


def take(cluster: Cluster, *, made: Collection[Kind], run_id: str = "") -> Inventory:
    """Lists the relevant kinds of the whole cluster. A kind that is not served has no objects.

    Args:
        cluster: the API server.
        made: kinds that checks can make.
        run_id: of the run whose labelled objects are to be named; empty before there is one.

    Raises:
        ApiError: the server refuses to list one of the kinds, or cannot list namespaces, nodes or pods.
        UnreachableError: no answer.
    """
    relevant = tuple(dict.fromkeys((*_ALWAYS, *made)))
    with concurrent.futures.ThreadPoolExecutor(max_workers=_THREADS) as pool:
        found = list(pool.map(lambda kind: _listed(cluster, kind), relevant))
    items = [(kind, item["metadata"]) for kind, answer in zip(relevant, found, strict=True) if isinstance(answer, list) for item in answer]
    labelled = [(kind, about) for kind, about in items if run_id and (about.get("labels") or {}).get(RUN_LABEL) == run_id]
    return Inventory(
        at=timestamp(cluster.clock.now()),
        objects=_refs(items),
        labelled=_refs(labelled),
        unreadable=tuple(sorted((answer for answer in found if isinstance(answer, Unreadable)), key=lambda item: item.kind)),
    )


def counts(inventory: Inventory, *, without: Collection[str] = ()) -> Mapping[str, int]:
    """Number of objects by kind. Pure.

    Args:
        inventory: what exists.
        without: kinds that are not to be counted.
    """
    return dict(sorted(Counter(item.kind for item in inventory.objects if item.kind not in without).items()))


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


def uncompared(before: Inventory, after: Inventory) -> tuple[Uncompared, ...]:
    """The kinds that could not be listed both times. Pure."""
    first, last = ({item.kind: item.why for item in inventory.unreadable} for inventory in (before, after))
    return tuple(Uncompared(kind=kind, before=first.get(kind, ""), after=last.get(kind, "")) for kind in sorted({*first, *last}))


def doubts(uncompared: Sequence[Uncompared], *, made: Collection[str]) -> tuple[str, ...]:
    """Why one requirement's clean-up is not known to be complete, a sentence for each kind. Pure.

    A kind that could not be listed at either time concerns who has made objects of it. One that could be listed at one time only concerns
    everybody: something has changed for it while the run was going on, and nobody can say what of it was the run.

    Args:
        uncompared: the kinds.
        made: kinds of which the requirement has made objects.
    """
    return tuple(_doubt(item) for item in uncompared if item.kind in made or not (item.before and item.after))


def _doubt(item: Uncompared) -> str:
    times = {"when the run was opened": item.before, "when it was sealed": item.after}
    found = "; ".join(f"{when}: {why}" for when, why in times.items() if why)
    return f"objects of kind {item.kind} could not be compared, for they could not be listed {found}"


def _listed(cluster: Cluster, kind: Kind) -> list[JSON] | Unreadable:
    try:
        return cluster.list(kind.collection(), accept=METADATA_ONLY).items
    except NotFoundError:
        return []
    except ApiError as problem:
        if kind in _ALWAYS or problem.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        return Unreadable(kind=kind.name, why=problem.found)


def _refs(items: Sequence[tuple[Kind, JSON]]) -> tuple[ObjectRef, ...]:
    refs = (ObjectRef(kind=kind.name, namespace=about.get("namespace", ""), name=about["name"], uid=about["uid"]) for kind, about in items)
    return tuple(sorted(refs, key=lambda item: (item.kind, item.namespace, item.name)))
