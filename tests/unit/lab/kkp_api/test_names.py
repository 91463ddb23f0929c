# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""People say names, the node engine wants ids."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.kkp_api.names import cluster_id, cluster_names
from lab.kkp_api.store import Store
from lab.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A lab in a directory whose path is as short as the lab wants it."""
    monkeypatch.setattr("lab.settings._LONGEST_STATE_DIR", 200)
    return Settings(name="unit", state_dir=tmp_path)


def remember(settings: Settings, **clusters: str) -> None:
    """Have the KKP API know clusters, by id and name."""
    settings.kkp_dir.mkdir(parents=True)
    with closing(Store(settings.kkp_dir / "state.sqlite")) as store:
        for key, name in clusters.items():
            store.put("cluster", key, {"id": key, "name": name})


@pytest.mark.parametrize(("wanted", "found"), [("lab", "a123456789"), ("b123456789", "b123456789")])
def test_a_cluster_is_found_by_name_and_by_id(settings: Settings, wanted: str, found: str) -> None:
    remember(settings, a123456789="lab", b123456789="other")
    assert cluster_id(settings, wanted) == found


def test_the_only_cluster_needs_no_name(settings: Settings) -> None:
    remember(settings, a123456789="lab")
    assert cluster_id(settings, None) == "a123456789"


@pytest.mark.parametrize("wanted", [None, "lab"])
def test_of_two_that_could_be_meant_none_is_taken(settings: Settings, wanted: str | None) -> None:
    remember(settings, a123456789="lab", b123456789="lab")
    with pytest.raises(LabError, match=r"lab \(a123456789\), lab \(b123456789\)"):
        cluster_id(settings, wanted)


def test_a_lab_without_clusters_says_so_and_writes_nothing(settings: Settings) -> None:
    assert cluster_names(settings) == {}
    with pytest.raises(LabError, match="found no such cluster"):
        cluster_id(settings, "lab")
    assert list(settings.state_dir.iterdir()) == []
