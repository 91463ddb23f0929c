# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The end of a release: it goes with what was made for it, and nothing goes that somebody else has made."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.discovery import served
from ansible_collections.ailab.conformance.plugins.module_utils._engine.entry import Outcome

from .cluster_wide import crds_of, remove_crds, remove_namespace, used
from .install import Hand
from .ownership import RELEASE, RELEASE_LABEL, Owner, inhabitants, labels_of, namespace_of
from .release import stored


def absent(cluster: Cluster, owner: Owner, *, hand: Hand, seconds: float, check_mode: bool) -> Outcome:
    """Remove a release, its CRDs that nobody uses, and its namespace when nobody is left in it.

    A CRD of which objects are left stays, because they would go with it; so does a namespace that was there before.

    Args:
        cluster: the API server.
        owner: the release.
        hand: changes the release.
        seconds: by when it must be gone.
        check_mode: whether nothing may be changed.

    Raises:
        ConformanceError: something does not go, or the API server refuses or does not answer.
    """
    release = stored(cluster, name=owner.release, namespace=owner.namespace)
    crds = {str(crd["metadata"]["name"]): used(cluster, crd) for crd in crds_of(cluster, owner)}
    kept = [f"CRD {name} stays, because of {_of_it(left)}" for name, left in crds.items() if left]
    unused = [name for name, left in crds.items() if not left]
    if not check_mode:
        if release:
            hand.remove(owner, seconds=seconds)
        remove_crds(cluster, unused, seconds=seconds)
    space = namespace_of(cluster, owner.namespace)
    marked = space is not None and RELEASE_LABEL in labels_of(space)
    left = inhabitants(cluster, owner.namespace, kinds=served(cluster), owner=owner) if marked else []
    if marked and not left and not check_mode:
        remove_namespace(cluster, owner.namespace, seconds=seconds)
    # Other releases take it along when they go; anything else has to be told.
    others = [name for name in left if not name.startswith(f"{RELEASE} ")]
    diff = [{"before_header": owner.release, "after_header": "", "before": release.manifest, "after": ""}] if release else []
    return Outcome(
        changed=bool(release or unused or (marked and not left)),
        values={
            "release": {},
            "diff": diff,
            "kept": [*kept, *([f"Namespace {owner.namespace} stays, because of {_of_it(others)}"] if others else [])],
        },
    )


def _of_it(left: list[str]) -> str:
    shown = ", ".join(left[:3])
    return f"{shown} and {len(left) - 3} more" if len(left) > 3 else shown
