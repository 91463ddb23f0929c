# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people call a user cluster, and the id under which KKP and the node engine keep it."""

from __future__ import annotations

from contextlib import closing

from lab.errors import LabError
from lab.kkp_api.store import Store
from lab.settings import Settings


def cluster_names(settings: Settings) -> dict[str, str]:
    """The human names of the lab's user clusters by id, oldest first. Works while the API serves and while it does not."""
    path = settings.kkp_dir / "state.sqlite"
    if not path.exists():
        return {}
    with closing(Store(path)) as store:
        return {cluster["id"]: cluster["name"] for cluster in store.all("cluster")}


def cluster_id(settings: Settings, wanted: str | None) -> str:
    """The id of the cluster that somebody means.

    Args:
        wanted: its name or its id; nothing means the only one there is.

    Raises:
        LabError: there is none, or more than one that could be meant.
    """
    names = cluster_names(settings)
    meant = [key for key, name in names.items() if wanted is None or wanted in (key, name)]
    if len(meant) == 1:
        return meant[0]
    raise LabError(
        f"cluster {wanted}" if wanted else "the cluster",
        found=", ".join(f"{names[key]} ({key})" for key in meant) or "no such cluster",
        expected="one, by its name or its id",
        see="`python -m lab status` lists them.",
    )
