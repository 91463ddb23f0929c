# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kkp_kubeconfig."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.cluster_task import TASK as CLUSTER
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.errors import KkpApiError, KkpError, NotReadyInTimeError
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.kubeconfig_task import TASK
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.project_task import TASK as PROJECT

from tests.unit.plugins.kkp.fake_kkp import Fault, envelope
from tests.unit.plugins.kkp.harness import Bench

HERE = {"project": "ai-platform", "cluster": "gpu-prod"}
MISSING = 'secrets "admin-kubeconfig" not found'


@pytest.fixture
def owner(user: Bench) -> Bench:
    """Somebody with a cluster that is being made."""
    user.run(PROJECT, name="ai-platform")
    user.run(CLUSTER, project="ai-platform", name="gpu-prod", version="1.34", datacenter="os-fra", provider="openstack", wait=False)
    return user


def test_it_is_waited_for_and_written_for_the_owner_only(owner: Bench, tmp_path: Path) -> None:
    dest = tmp_path / "new/kubeconfig"
    result = owner.run(TASK, **HERE, dest=str(dest))
    assert result["changed"]
    assert b"token: secret-of-" in dest.read_bytes()
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600
    assert stat.S_IMODE(dest.parent.stat().st_mode) == 0o700
    assert "secret-of-" not in json.dumps(result)
    assert [path.name for path in dest.parent.iterdir()] == ["kubeconfig"]


def test_a_second_time_nothing_changes_and_an_open_file_is_closed(owner: Bench, tmp_path: Path) -> None:
    dest = tmp_path / "kubeconfig"
    owner.run(TASK, **HERE, dest=str(dest))
    assert not owner.run(TASK, **HERE, dest=str(dest))["changed"]
    dest.chmod(0o644)
    assert owner.run(TASK, **HERE, dest=str(dest))["diff"][0]["before"] == {"content": "the same, readable for others"}
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600


def test_check_mode_writes_nothing(owner: Bench, tmp_path: Path) -> None:
    dest = tmp_path / "kubeconfig"
    assert owner.run(TASK, check=True, **HERE, dest=str(dest))["changed"]
    assert owner.run(TASK, check=True, project="ai-platform", cluster="other", dest=str(dest))["changed"]
    assert not dest.exists()


def test_it_is_removed(owner: Bench, tmp_path: Path) -> None:
    dest = tmp_path / "kubeconfig"
    owner.run(TASK, **HERE, dest=str(dest))
    assert owner.run(TASK, **HERE, dest=str(dest), state="absent")["changed"]
    assert not dest.exists()
    assert not owner.run(TASK, **HERE, dest=str(dest), state="absent")["changed"]


def test_time_up(owner: Bench, tmp_path: Path) -> None:
    owner.kkp.faults.append(Fault(method="GET", path="/kubeconfig$", status=404, content=envelope(404, MISSING), times=1000))
    with pytest.raises(NotReadyInTimeError, match="found KKP has no kubeconfig of it yet"):
        owner.run(TASK, **HERE, dest=str(tmp_path / "kubeconfig"), wait_timeout=10)
    with pytest.raises(KkpError, match="the option wait"):
        owner.run(TASK, **HERE, dest=str(tmp_path / "kubeconfig"), wait=False)


def test_a_kkp_that_gives_none_out_says_so(owner: Bench, tmp_path: Path) -> None:
    said = envelope(403, "Admin Kubeconfig feature is disabled by the global settings")
    owner.kkp.faults.append(Fault(method="GET", path="/kubeconfig$", status=403, content=said))
    with pytest.raises(KkpApiError, match="HTTP 403: Admin Kubeconfig feature is disabled"):
        owner.run(TASK, **HERE, dest=str(tmp_path / "kubeconfig"))


def test_a_page_of_something_else_is_no_kubeconfig(owner: Bench, tmp_path: Path) -> None:
    dest = tmp_path / "kubeconfig"
    dest.write_bytes(b"mine")
    owner.kkp.faults.append(Fault(method="GET", path="/kubeconfig$", status=200, content=b"<html>log in</html>"))
    with pytest.raises(KkpError, match="a document that is no kubeconfig"):
        owner.run(TASK, **HERE, dest=str(dest))
    assert dest.read_bytes() == b"mine"
