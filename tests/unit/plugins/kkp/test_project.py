# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kkp_project."""

from __future__ import annotations

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.errors import AmbiguousNameError, KkpApiError, NotReadyInTimeError
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.project_task import TASK

from tests.unit.plugins.kkp.fake_kkp import Fault, envelope
from tests.unit.plugins.kkp.harness import Bench

WISH = {"name": "ai-platform", "labels": {"env": "ai"}, "users": ["owner@example.com"]}


def test_a_project_is_made_and_waited_for(user: Bench) -> None:
    result = user.run(TASK, **WISH)
    assert result["changed"]
    assert result["project"]["status"] == "Active"
    assert result["diff"][0]["after"]["labels"] == {"env": "ai"}


def test_a_second_time_nothing_changes(user: Bench) -> None:
    user.run(TASK, **WISH)
    before = len(user.kkp.changes)
    assert not user.run(TASK, **WISH)["changed"]
    assert len(user.kkp.changes) == before


def test_check_mode_sends_reads_only(user: Bench) -> None:
    assert user.run(TASK, check=True, **WISH)["changed"]
    assert user.kkp.changes == []


def test_labels_are_a_whole_and_systems_too(user: Bench) -> None:
    user.run(TASK, **WISH, allowed_operating_systems=["ubuntu"])
    result = user.run(TASK, name="ai-platform", labels={"team": "ml"}, allowed_operating_systems=["flatcar"])
    assert result["diff"] == [
        {
            "before_header": "project ai-platform (p000000001)",
            "after_header": "project ai-platform (p000000001)",
            "before": {"labels": {"env": "ai"}, "spec": {"allowedOperatingSystems": {"ubuntu": True}}},
            "after": {"labels": {"team": "ml"}, "spec": {"allowedOperatingSystems": {"flatcar": True}}},
        }
    ]
    assert result["project"]["labels"] == {"team": "ml"}
    assert result["project"]["allowed_operating_systems"] == ["flatcar"]
    assert not user.run(TASK, name="ai-platform", labels={"team": "ml"}, allowed_operating_systems=["flatcar"])["changed"]


def test_it_goes_and_stays_away(user: Bench) -> None:
    user.run(TASK, **WISH)
    assert user.run(TASK, name="ai-platform", state="absent")["changed"]
    assert user.kkp.state["projects"] == {}
    assert not user.run(TASK, name="ai-platform", state="absent")["changed"]


def test_one_on_its_way_out_is_waited_for(user: Bench) -> None:
    first = user.run(TASK, **WISH)["project"]["id"]
    user.run(TASK, name="ai-platform", state="absent", wait=False)
    second = user.run(TASK, **WISH)
    assert second["changed"]
    assert second["project"]["id"] != first


def test_two_of_one_name_are_refused(user: Bench) -> None:
    user.run(TASK, **WISH)
    twin = {**user.kkp.state["projects"]["p000000001"], "id": "p000000009"}
    user.kkp.state["projects"]["p000000009"] = twin
    with pytest.raises(AmbiguousNameError, match="2 of that name: p000000001, p000000009"):
        user.run(TASK, **WISH)
    assert not user.run(TASK, name="p000000009")["changed"]


def test_an_inactive_project_ends_the_wait_at_the_deadline(user: Bench) -> None:
    user.kkp.state["looks"] = {"p000000001": -10_000}
    with pytest.raises(NotReadyInTimeError, match=r"after 20 s: found status Inactive; expected status Active"):
        user.run(TASK, **WISH, wait_timeout=20)
    assert user.clock.seconds == pytest.approx(20, abs=2)


def test_a_service_account_must_name_owners(user: Bench) -> None:
    user.kkp.state["service_account"] = True
    with pytest.raises(KkpApiError, match="owner user email list required"):
        user.run(TASK, name="ai-platform")


def test_an_account_of_the_wrong_group_is_told_so(user: Bench) -> None:
    user.kkp.faults.append(
        Fault(method="POST", path="/projects$", status=403, content=envelope(403, "the Service Account is not allowed to create a project"))
    )
    with pytest.raises(KkpApiError, match="not allowed to create a project.*group editors cannot touch projects"):
        user.run(TASK, **WISH)


def test_an_administrator_names_somebody_elses_project_by_its_id(user: Bench) -> None:
    there = user.run(TASK, **WISH)["project"]["id"]
    user.kkp.state["somebody_elses"] = {there}
    assert user.run(TASK, name=there, labels={"env": "prod"})["project"]["name"] == "ai-platform"
    # Its name may be taken by several people: it means a project of one's own.
    assert user.run(TASK, **WISH)["project"]["id"] != there
    assert user.run(TASK, name=there, state="absent")["changed"]
    assert there not in user.kkp.state["projects"]
