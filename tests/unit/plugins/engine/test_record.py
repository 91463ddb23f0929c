# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observations on disk, and what never gets there."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine import record
from ansible_collections.ailab.conformance.plugins.module_utils._engine.codec import MalformedDocumentError, canonical, dump, load
from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import Observation, RequirementResult
from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Recorder, Seen
from ansible_collections.ailab.conformance.plugins.module_utils._engine.redact import HIDDEN, redacted
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Side


class Clock:
    def __init__(self) -> None:
        self.moment = dt.datetime(2026, 11, 22, 5, 30, 0, 123456, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        self.moment += dt.timedelta(milliseconds=1)
        return self.moment

    def monotonic(self) -> float:
        return 0.0

    def pause(self, seconds: float) -> None:
        raise AssertionError(seconds)


def written() -> bytes:
    subject, control = Recorder(Clock()), Recorder(Clock())
    subject("pod", {"b": 1, "a": ["ä", 1.5, None, True]}, request=("get", "/api/v1/pods/x", None))
    subject("exec", {"stdout": "GPU 0\n"}, request=("exec", "/x", {"k": "v"}))
    control("pod", None)
    return record.lines(subject=subject.seen, control=control.seen)


def test_what_is_written_is_read_again() -> None:
    sides = record.parse(written(), where="f")
    assert [fact.name for fact in sides[Side.SUBJECT].facts] == ["pod", "exec"]
    assert sides[Side.SUBJECT].last("pod") == {"a": ["ä", 1.5, None, True], "b": 1}
    assert sides[Side.SUBJECT].facts[0].at == "2026-11-22T05:30:00.124Z"
    assert record.lines(subject=sides[Side.SUBJECT], control=sides[Side.CONTROL]) == written()


def test_lines_are_numbered_and_carry_their_digests() -> None:
    lines = [json.loads(line) for line in written().splitlines()]
    assert [line["n"] for line in lines] == [1, 2, 3]
    assert all(line["digest"].startswith("sha256:") for line in lines)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda lines: [lines[0].replace(b"1.5", b"1.6"), *lines[1:]], "f line 1 was changed"),
        (lambda lines: lines[1:], "f line 1 says it is number 2"),
        (lambda lines: [lines[0], *lines], "f line 2 says it is number 1"),
        (lambda lines: [lines[1], lines[0], lines[2]], "f line 1 says it is number 2"),
        (lambda lines: [lines[0][:-9], *lines[1:]], "f line 1 is not JSON"),
        (lambda lines: [b"[]", *lines[1:]], "f line 1 is a list"),
        (lambda lines: [lines[0].replace(b'"n":1', b'"n":true'), *lines[1:]], "f line 1.n is a bool"),
        (lambda lines: [lines[0].replace(b'"side":"subject"', b'"side":"both"'), *lines[1:]], "expected one of subject, control"),
    ],
)
def test_a_changed_file_is_refused_by_line(edit: Any, words: str) -> None:
    with pytest.raises(MalformedDocumentError) as caught:
        record.parse(b"\n".join(edit(written().splitlines())), where="f")
    assert words in str(caught.value)


def test_an_empty_file_has_two_empty_sides() -> None:
    assert [seen.facts for seen in record.parse(b"", where="f").values()] == [[], []]


JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "value",
    [
        {"kind": "Secret", "data": {"x": "c2VjcmV0"}, "stringData": {"y": "secret"}},
        {"token": "secret-token"},
        {"status": {"token": JWT}},
        {"password": "secret"},
        {"env": [{"client-key-data": "c2VjcmV0"}]},
        {"log": f"Authorization: Bearer {JWT}"},
        {"log": "Bearer secret-opaque-token"},
        {"stdout": "-----BEGIN RSA PRIVATE KEY-----\nsecret\n-----END RSA PRIVATE KEY-----"},
        {"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{secret}"}}},
        {"metadata": {"managedFields": [{"manager": "secret"}]}},
    ],
)
def test_secrets_never_reach_the_record(value: Any) -> None:
    recorder = Recorder(Clock())
    recorder("fact", value, request=("create", "/x", value))
    content = record.lines(subject=recorder.seen, control=Seen()).decode()
    assert "secret" not in content.replace(HIDDEN, "").replace('"kind":"Secret"', "").lower()
    assert "c2VjcmV0" not in content
    assert JWT not in content


@pytest.mark.parametrize(
    "value",
    [
        {"spec": {"automountServiceAccountToken": False}},
        {"metadata": {"resourceVersion": "12", "uid": "u"}},
        {"kind": "ConfigMap", "data": {"x": "y"}},
        {"message": "0/3 nodes are available"},
        [1, "a", None, 2.5],
    ],
)
def test_what_is_no_secret_stays(value: Any) -> None:
    assert redacted(value) == value


def test_evaluators_see_what_a_file_would_give() -> None:
    recorder = Recorder(Clock())
    recorder("fact", {1: ("a", "b")})
    assert recorder.seen.last("fact") == {"1": ["a", "b"]}


def test_facts_are_found_by_name_and_by_prefix() -> None:
    seen = Seen.of([("exec.a", 1), ("exec.b", 2), ("exec.a", 3)])
    assert seen.last("exec.a") == 3
    assert seen.named("exec.") == {"a": 3, "b": 2}
    assert seen.last("none") is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda doc: doc.pop("verdict"), "lacks the key 'verdict'"),
        (lambda doc: doc.update(extra=1), "unknown key 'extra'"),
        (lambda doc: doc.update(verdict="fine"), "expected one of pass, fail"),
        (lambda doc: doc.update(seconds="1"), "seconds is a str"),
        (lambda doc: doc.update(checks=["a", 1]), "checks[1] is a int"),
        (lambda doc: doc.update(controls=None), "controls is null"),
    ],
)
def test_documents_are_strict(change: Any, words: str) -> None:
    document = {
        "id": "r",
        "category": "c",
        "level": "MUST",
        "verdict": "pass",
        "reason": "x",
        "sentence": "s",
        "fidelity": "real",
        "seconds": 1,
        "checks": ["a"],
        "controls": {"total": 1, "flipped": 1},
        "leaked": [],
        "withheld": [],
    }
    assert dump(load(RequirementResult, document)) == document
    change(document)
    with pytest.raises(MalformedDocumentError) as caught:
        load(RequirementResult, document)
    assert words in str(caught.value)


def test_one_value_has_one_canonical_form() -> None:
    assert canonical({"b": 1, "a": "ä"}) == canonical({"a": "ä", "b": 1}) == '{"a":"ä","b":1}'.encode()
    with pytest.raises(ValueError, match="JSON"):
        canonical(float("nan"))


def test_a_line_is_an_observation() -> None:
    assert load(Observation, json.loads(written().splitlines()[0])).request is not None
