# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of monitoring systems: vectors are read, everything else says what it is."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.monitoring import StoreError, vector


def reply(data: Any, *, status: int = 200, outcome: str = "success") -> Any:
    return {"status": status, "type": "application/json", "body": {"status": outcome, "data": data, "error": "no such thing"}}


def test_elements_of_a_vector() -> None:
    found = vector(reply({"resultType": "vector", "result": [{"metric": {"__name__": "up", "pod": "a"}, "value": [1763800000.5, "1"]}]}))
    assert [(sample.labels["pod"], sample.value, sample.at) for sample in found] == [("a", 1.0, 1763800000.5)]


def test_an_empty_vector_is_an_answer() -> None:
    assert vector(reply({"resultType": "vector", "result": []})) == []


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (None, "answered None"),
        ({}, "answered None"),
        ({"status": 200, "body": "<html>"}, "<html>"),
        ({"status": 404, "body": {"message": 'services "prometheus" not found'}}, "not found"),
        (reply({}, outcome="error"), "no such thing"),
        (reply({"resultType": "matrix", "result": []}), "something else than a vector"),
        (reply({"resultType": "vector"}), "something else than a vector"),
        (reply(None), "something else than a vector"),
        (reply({"resultType": "vector", "result": [{"metric": {}}]}), "cannot be read"),
        (reply({"resultType": "vector", "result": [{"metric": {}, "value": [1, "much"]}]}), "cannot be read"),
        (reply({"resultType": "vector", "result": ["x"]}), "cannot be read"),
    ],
)
def test_what_is_no_vector_is_told(fact: Any, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        vector(fact)
