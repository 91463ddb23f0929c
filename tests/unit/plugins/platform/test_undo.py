# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was there before is as it was afterwards, whatever happens in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
from ansible_collections.ailab.conformance.plugins.module_utils._platform.ledger import FileLedger, changes
from ansible_collections.ailab.conformance.plugins.module_utils._platform.removal import restore
from ansible_collections.ailab.conformance.plugins.module_utils._platform.undo import Changes
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workspace import Workspace

from .test_workspace import workspace

PATH = kinds.NODE.path(name="node")
CORDON, BACK = {"metadata": {"labels": {"cordoned": "yes"}}}, {"metadata": {"labels": {"cordoned": "no"}}}


def cordoned(api: Any) -> str:
    return str(api.objects["Node", "", "node"]["metadata"]["labels"]["cordoned"])


@pytest.fixture
def node(api: Any) -> Any:
    return api.put("Node", "node", metadata={"labels": {"cordoned": "no"}})


def bench(space: Workspace, *, disruptive: bool = True) -> Bench:
    return Bench(workspace=space, prefix="x-01-subject", record=lambda *_, **__: None, disruptive=disruptive)


def test_a_change_is_restored_when_the_check_ends(api: Any, cluster: Cluster, node: Any, tmp_path: Path) -> None:
    with workspace(cluster, tmp_path / "ledger") as space:
        used = bench(space)
        used.change("cordon", node, kinds.NODE, patch=CORDON, back=BACK)
        assert cordoned(api) == "yes"
        used.close()
        assert cordoned(api) == "no"
    assert changes(tmp_path / "ledger") == []


def test_a_change_is_restored_when_the_check_does_not_come_to_its_end(api: Any, cluster: Cluster, node: Any, tmp_path: Path) -> None:
    with workspace(cluster, tmp_path / "ledger") as space:
        bench(space).change("cordon", node, kinds.NODE, patch=CORDON, back=BACK)
    assert cordoned(api) == "no"
    assert space.leaked == ()


def test_only_a_disruptive_check_may_change_what_is_not_its_own(api: Any, cluster: Cluster, node: Any, tmp_path: Path) -> None:
    with workspace(cluster, tmp_path / "ledger") as space:
        used = bench(space, disruptive=False)
        with pytest.raises(PermissionError, match="only a disruptive check may"):
            used.change("cordon", node, kinds.NODE, patch=CORDON, back=BACK)
        with pytest.raises(PermissionError, match="only a disruptive check may"):
            used.evict("node", node, kinds.NODE)
        with pytest.raises(KeyError):
            used.patch("node", node, kinds.NODE, CORDON)
    assert cordoned(api) == "no"


def test_a_killed_run_leaves_the_way_back_in_its_ledger(api: Any, cluster: Cluster, node: Any, tmp_path: Path) -> None:
    ledger = FileLedger(tmp_path / "ledger")
    Changes(cluster=cluster, ledger=ledger, requirement="r").make(node, path=PATH, patch=CORDON, back=BACK)
    (left,) = changes(tmp_path / "ledger")
    restore(cluster, left)
    assert cordoned(api) == "no"


def test_another_object_under_the_name_is_left_alone(api: Any, cluster: Cluster, node: Any, tmp_path: Path) -> None:
    made = Changes(cluster=cluster, ledger=FileLedger(tmp_path / "ledger"), requirement="r")
    made.make(node, path=PATH, patch=CORDON, back=BACK)
    api.remove("Node", "node")
    api.put("Node", "node", metadata={"labels": {"cordoned": "yes"}})
    made.restore()
    assert cordoned(api) == "yes"
    assert changes(tmp_path / "ledger") == []
