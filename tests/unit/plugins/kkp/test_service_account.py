# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kkp_service_account."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.errors import NotReadyInTimeError, OptionError
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.project_task import TASK as PROJECT
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.service_account_task import TASK

from tests.unit.plugins.kkp.fake_kkp import Fault
from tests.unit.plugins.kkp.harness import Bench

HERE = {"project": "ai-platform", "name": "clusters"}


@pytest.fixture
def owner(user: Bench) -> Bench:
    """Somebody with a project."""
    user.run(PROJECT, name="ai-platform")
    return user


def test_an_account_is_made_and_waited_for(owner: Bench) -> None:
    result = owner.run(TASK, **HERE)
    assert result["service_account"] == {"id": "a000000002", "name": "clusters", "group": "editors", "status": "Active"}
    assert not owner.run(TASK, **HERE)["changed"]
    assert owner.run(TASK, **HERE, group="viewers")["diff"][0]["before"] == {"group": "editors"}
    assert not owner.run(TASK, **HERE, group="viewers")["changed"]


def test_check_mode_sends_reads_only(owner: Bench, tmp_path: Path) -> None:
    token = {"token_name": "automation", "token_dest": str(tmp_path / "token")}
    before = len(owner.kkp.changes)
    assert len(owner.run(TASK, check=True, **HERE, **token)["diff"]) == 2
    assert owner.run(TASK, check=True, project="later", name="clusters", **token)["changed"]
    assert len(owner.kkp.changes) == before
    assert list(tmp_path.iterdir()) == []


def test_an_account_without_rights_ends_the_wait(owner: Bench) -> None:
    owner.kkp.state["looks"] |= {"a000000002": -10_000}
    with pytest.raises(NotReadyInTimeError, match="service account clusters, after 10 s: found status Inactive"):
        owner.run(TASK, **HERE, wait_timeout=10)


def test_a_token_goes_into_a_private_file_and_nowhere_else(owner: Bench, tmp_path: Path) -> None:
    dest = tmp_path / "tokens/editors"
    wish = {**HERE, "token_name": "automation", "token_dest": str(dest)}
    result = owner.run(TASK, **wish)
    secret = dest.read_text()
    assert secret.startswith("eyJ")
    assert secret not in json.dumps(result)
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600
    again = owner.run(TASK, **wish)
    assert not again["changed"]
    assert dest.read_text() == secret
    assert again["service_account_token"]["expiry"] == "2029-01-02T03:04:05Z"
    dest.chmod(0o640)
    assert owner.run(TASK, **wish)["diff"][0]["after"] == {"state": "private"}
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600


def test_a_lost_copy_is_made_anew_only_where_asked(owner: Bench, tmp_path: Path) -> None:
    wish = {**HERE, "token_name": "automation", "token_dest": str(tmp_path / "token")}
    owner.run(TASK, **wish)
    lost = (tmp_path / "token").read_text()
    (tmp_path / "token").write_text("something else")
    with pytest.raises(OptionError, match="KKP shows a token only once.*the option token_regenerate"):
        owner.run(TASK, **wish)
    assert owner.run(TASK, **wish, token_regenerate="missing")["changed"]
    assert (tmp_path / "token").read_text() != lost
    assert not owner.run(TASK, **wish, token_regenerate="missing")["changed"]
    assert owner.run(TASK, **wish, token_regenerate="always")["changed"]


def test_a_token_that_kkp_has_invalidated_is_no_copy(owner: Bench, tmp_path: Path) -> None:
    wish = {**HERE, "token_name": "automation", "token_dest": str(tmp_path / "token")}
    made = owner.run(TASK, **wish)["service_account_token"]["id"]
    owner.kkp.state["tokens-a000000002"][made]["invalidated"] = True
    with pytest.raises(OptionError, match="a token that KKP has invalidated"):
        owner.run(TASK, **wish)


def test_a_token_whose_making_was_not_answered_is_made_anew(owner: Bench, tmp_path: Path) -> None:
    owner.kkp.faults.append(Fault(method="POST", path="/tokens$", status=0, carried_out=True))
    owner.run(TASK, **HERE, token_name="automation", token_dest=str(tmp_path / "token"))
    assert len(owner.kkp.asked("PUT", "/tokens/")) == 1
    assert (tmp_path / "token").read_text().startswith("eyJ")


def test_it_goes_and_stays_away(owner: Bench) -> None:
    owner.run(TASK, **HERE)
    assert owner.run(TASK, **HERE, state="absent")["changed"]
    assert not owner.run(TASK, **HERE, state="absent")["changed"]
