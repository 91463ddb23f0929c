# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between a wish and an answer."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.difference import applied, excerpt, patch_of, whole

JSON = Any


@pytest.mark.parametrize(
    ("current", "wanted", "patch"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, {}),
        ({"a": 1}, {"a": 2, "b": 3}, {"a": 2, "b": 3}),
        ({}, {"paused": False, "taints": []}, {}),
        ({"paused": True, "taints": [1]}, {"paused": False, "taints": []}, {"paused": False, "taints": []}),
        ({}, {"minReplicas": 0, "label": ""}, {"minReplicas": 0, "label": ""}),
        ({"minReplicas": 0, "label": ""}, {"minReplicas": None, "label": None}, {"minReplicas": None, "label": None}),
        ({}, {"minReplicas": None}, {}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3}}),
        (None, {"a": {"b": 3}}, {"a": {"b": 3}}),
        ({"a": {}}, {"a": {}}, {}),
    ],
)
def test_the_patch_is_what_differs(current: JSON, wanted: dict[str, JSON], patch: dict[str, JSON]) -> None:
    assert patch_of(current, wanted) == patch


def test_a_whole_wishes_the_rest_away() -> None:
    assert whole({"a": "1", "b": ""}, {"a": "1"}) == {"a": "1", "b": None}
    assert whole(None, {"a": "1"}) == {"a": "1"}


def test_the_two_sides_of_a_diff() -> None:
    current = {"labels": {"a": "1", "b": "2"}, "spec": {"x": 0}}
    patch = {"labels": {"a": None}, "spec": {"x": 1, "y": 2}}
    assert excerpt(current, patch) == {"labels": {"a": "1"}, "spec": {"x": 0}}
    assert applied(patch) == {"labels": {}, "spec": {"x": 1, "y": 2}}
