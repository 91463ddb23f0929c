# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's records survive, and a damaged one is named."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.nodes.state import ClusterRecord, NodeRecord, StateStore, locked
from lab.settings import Settings

RECORD = ClusterRecord(
    name="lab", index=1, version="v1.34.4", token="abcdef.0123456789abcdef", nodes=(NodeRecord("lab-control-plane", 0, "ready"),)
)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr("lab.settings._LONGEST_STATE_DIR", 1000)
    return Settings(name="unit", state_dir=tmp_path)


def test_a_record_comes_back_as_it_was_and_is_nobody_else_s_to_read(settings: Settings) -> None:
    store = StateStore(settings)
    store.save(RECORD.with_node(NodeRecord("lab-gpu-0", 1, labels={"a": "b"}, taints=("k=v:NoSchedule",))))
    assert store.clusters()["lab"].node("lab-gpu-0") == NodeRecord("lab-gpu-0", 1, labels={"a": "b"}, taints=("k=v:NoSchedule",))
    assert stat.S_IMODE((settings.cluster_dir("lab") / "cluster.json").stat().st_mode) == 0o600


def test_a_node_replaces_its_namesake() -> None:
    again = RECORD.with_node(NodeRecord("lab-control-plane", 0, "creating"))
    assert [node.phase for node in again.nodes] == ["creating"]


def test_a_damaged_record_is_named(settings: Settings) -> None:
    settings.cluster_dir("lab").mkdir(parents=True)
    (settings.cluster_dir("lab") / "cluster.json").write_text('{"name": "lab"')
    with pytest.raises(LabError, match=r"clusters/lab/cluster\.json"):
        StateStore(settings).clusters()


def test_two_runs_at_once_are_refused(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.nodes.state._LOCKS", tmp_path)
    with locked(settings), pytest.raises(LabError, match="another run"), locked(settings):
        pass
    with locked(settings):
        pass


def test_a_lab_is_shared_by_those_who_agree_to_and_waited_for(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.nodes.state._LOCKS", tmp_path)
    order: list[str] = []

    def alone() -> None:
        with locked(settings, wait=5):
            order.append("alone")

    with locked(settings, shared=True), locked(settings, shared=True):
        with pytest.raises(LabError, match="another run"), locked(settings):
            pass
        waiting = threading.Thread(target=alone)
        waiting.start()
        order.append("shared")
    waiting.join(5)
    assert order == ["shared", "alone"]
    assert list(tmp_path.glob("*.lab.lock")) == []
