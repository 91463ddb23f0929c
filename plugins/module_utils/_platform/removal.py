# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deletes what a run has made, and nothing else (rule C3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import MERGE_PATCH, successful
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConflictError, NotFoundError

from .identity import RUN_LABEL
from .manifests import delete_options

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster

    from .ledger import Change, Entry

JSON = Any

_WITH_PODS = frozenset({"Deployment", "Job"})
"""Kinds whose pods hold accelerators: they are gone when their pods are, so that who comes next finds what it is promised."""


def find(cluster: Cluster, entry: Entry, *, run_id: str) -> JSON | None:
    """The object of an entry, if it still exists and is the run's.

    It is the run's when it carries the run's label and the entry's UID. An entry without UID is of a run that was killed between
    asking for the object and hearing of it: there the label and the name, which ends in the run's random digits, must do.

    Raises:
        ApiError: the server refuses to show it.
        UnreachableError: no answer.
    """
    try:
        found = cluster.get(entry.of.path(name=entry.name, namespace=entry.namespace))
    except NotFoundError:
        return None
    metadata = found["metadata"]
    ours = (metadata.get("labels") or {}).get(RUN_LABEL) == run_id and entry.uid in {"", metadata["uid"]}
    return found if ours else None


def delete(cluster: Cluster, entry: Entry, *, uid: str) -> None:
    """Asks for the deletion of exactly this object, by UID. It is gone later, or already.

    Raises:
        ApiError: the server refuses.
        UnreachableError: no answer.
    """
    path = entry.of.path(name=entry.name, namespace=entry.namespace)
    policy = "Foreground" if entry.kind in _WITH_PODS else "Background"
    try:
        cluster.delete(path, options=delete_options(uid, policy=policy))
    except (NotFoundError, ConflictError):
        return


def restore(cluster: Cluster, change: Change) -> None:
    """Makes a changed object what it was, unless it is another one by now, or gone.

    Raises:
        ApiError: the server refuses.
        UnreachableError: no answer.
    """
    try:
        found = cluster.get(change.path)
    except NotFoundError:
        return
    if found["metadata"]["uid"] == change.uid:
        successful(cluster.call("patch", change.path, body=change.restore, content_type=MERGE_PATCH))
