# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DRA-01, DRA-02 and DRA-10: what the API server answers."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.dra.api_served import RESOURCES, VERBS
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Side, Verdict

JSON = Any


def verdict(recording: Any) -> tuple[Verdict, str]:
    found = recording.judged()
    return found.verdict, found.reason


@pytest.mark.parametrize("resource", RESOURCES)
def test_dra_01_needs_every_resource(recorded: Any, resource: str) -> None:
    def drop(answer: JSON) -> None:
        answer["body"]["resources"] = [item for item in answer["body"]["resources"] if item["name"] != resource]

    assert verdict(recorded("DRA-01").edited("resources", drop)) == (Verdict.FAIL, "resource-missing")


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_dra_01_needs_every_verb_of_every_resource(recorded: Any, verb: str) -> None:
    def drop(answer: JSON) -> None:
        answer["body"]["resources"][0]["verbs"].remove(verb)

    found = recorded("DRA-01").edited("resources", drop).judged()
    assert (found.verdict, found.reason) == (Verdict.FAIL, "verb-missing")
    assert verb in found.sentence


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (404, (Verdict.FAIL, "version-not-served")),
        (403, (Verdict.INCONCLUSIVE, "discovery-refused")),
        (503, (Verdict.INCONCLUSIVE, "discovery-refused")),
    ],
)
def test_dra_01_tells_not_served_from_not_answered(recorded: Any, status: int, expected: tuple[Verdict, str]) -> None:
    assert verdict(recorded("DRA-01").edited("resources", lambda _answer: {"status": status, "body": "x"})) == expected


def test_dra_01_names_the_versions_that_are_served(recorded: Any) -> None:
    assert "v1beta2, v1beta1" in recorded("DRA-01", side=Side.CONTROL).judged().sentence


def test_dra_01_with_the_whole_group_missing(recorded: Any) -> None:
    gone = recorded("DRA-01").edited("group", lambda _answer: {"status": 404, "body": "404 page not found"})
    found = gone.edited("resources", lambda _answer: {"status": 404, "body": "404 page not found"}).judged()
    assert (found.verdict, found.reason) == (Verdict.FAIL, "version-not-served")
    assert "is served in none" in found.sentence


@pytest.mark.parametrize("role", ["deviceclass", "claim", "template"])
@pytest.mark.parametrize("verb", ["create", "get", "list", "patch", "update", "delete"])
@pytest.mark.parametrize(
    ("status", "result", "reason"),
    [
        (403, Verdict.INCONCLUSIVE, "forbidden"),
        (405, Verdict.FAIL, "{verb}-refused"),
        (422, Verdict.FAIL, "{verb}-invalid"),
        (500, Verdict.FAIL, "{verb}-refused"),
    ],
)
def test_dra_02_needs_every_verb(*, recorded: Any, role: str, verb: str, status: int, result: Verdict, reason: str) -> None:
    broken = recorded("DRA-02").edited(f"{verb}.{role}", lambda _answer: {"status": status, "body": {"message": "no"}})
    assert verdict(broken) == (result, reason.format(verb=verb))


def test_dra_02_reads_changes_back(recorded: Any) -> None:
    def forget(answer: JSON) -> None:
        del answer["body"]["metadata"]["labels"]["ai-conformance/step"]

    for fact in ("patched.claim", "updated.deviceclass"):
        assert verdict(recorded("DRA-02").edited(fact, forget)) == (Verdict.FAIL, "change-lost")


def test_dra_02_looks_for_the_object_in_the_list(recorded: Any) -> None:
    assert verdict(recorded("DRA-02").edited("list.template", lambda answer: answer["body"].update(items=[]))) == (
        Verdict.FAIL,
        "list-incomplete",
    )


def test_dra_02_wants_the_very_object(recorded: Any) -> None:
    other = recorded("DRA-02").edited("get.claim", lambda answer: answer["body"]["metadata"].update(uid="other"))
    assert verdict(other) == (Verdict.FAIL, "another-object")


def test_dra_02_looks_again_after_the_deletion(recorded: Any) -> None:
    kept = recorded("DRA-02").edited("deleted.claim", lambda _answer: {"status": 200, "body": {}})
    assert verdict(kept) == (Verdict.FAIL, "not-deleted")


def test_dra_02_with_a_server_that_stores_wrong_classes_does_not_flip(recorded: Any) -> None:
    lenient = recorded("DRA-02", side=Side.CONTROL).edited("create.deviceclass", lambda answer: {**answer, "status": 201})
    assert verdict(lenient)[1] != "create-invalid"


def test_dra_10_a_granted_claim_is_a_failure(recorded: Any) -> None:
    assert verdict(recorded("DRA-10", side=Side.CONTROL)) == (Verdict.FAIL, "admin-access-granted")


def test_dra_10_is_not_run_where_the_field_is_dropped(recorded: Any) -> None:
    def drop(answer: JSON) -> None:
        del answer["body"]["spec"]["devices"]["requests"][0]["exactly"]["adminAccess"]

    assert verdict(recorded("DRA-10", side=Side.CONTROL).edited("create.claim", drop)) == (Verdict.NOT_RUN, "admin-access-not-served")


@pytest.mark.parametrize(
    "body", ["forbidden", {"message": "quota exceeded"}, {"message": "x", "details": {"causes": [{"field": "spec.devices"}]}}]
)
def test_dra_10_a_refusal_for_another_reason_proves_nothing(recorded: Any, body: JSON) -> None:
    refused = recorded("DRA-10").edited("create.claim", lambda _answer: {"status": 403, "body": body})
    assert verdict(refused) == (Verdict.INCONCLUSIVE, "refused-for-another-reason")
