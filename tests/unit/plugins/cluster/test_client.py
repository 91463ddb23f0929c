# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests, their retries, and the words of their errors."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import SystemClock
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import (
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnauthorizedError,
    UnreachableError,
)
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.transport import NotSentError, Transport


@pytest.mark.parametrize(
    ("code", "kind"),
    [(401, UnauthorizedError), (403, ForbiddenError), (404, NotFoundError), (409, ConflictError), (422, InvalidError), (500, ApiError)],
)
def test_every_refusal_has_its_error_with_the_servers_words(api: Any, cluster: Cluster, code: int, kind: type[ApiError]) -> None:
    api.intercept = lambda _method, _path, _body: (code, {"kind": "Status", "reason": "Because", "message": "of this"})
    with pytest.raises(kind) as caught:
        cluster.get("/api/v1/nodes/x")
    assert caught.value.status == code
    assert "get /api/v1/nodes/x: found HTTP" in str(caught.value)
    assert "of this" in str(caught.value)
    assert "Look at" in str(caught.value)


def test_an_answer_that_is_no_json_is_reported_as_text(api: Any, cluster: Cluster) -> None:
    api.intercept = lambda _method, _path, _body: (502, b"<html>Bad gateway</html>")
    assert cluster.call("get", "/version").body == "<html>Bad gateway</html>"


def test_a_dropped_read_is_asked_again(api: Any, cluster: Cluster) -> None:
    left = [1]

    def drop(_method: str, _path: str, _body: object) -> None:
        if left.pop() if left else False:
            raise ConnectionAbortedError

    api.intercept = drop
    assert cluster.get("/version")["minor"] == "34"
    assert len(api.requests) == 2


def test_a_dropped_creation_is_never_sent_twice(api: Any, cluster: Cluster) -> None:
    def drop(method: str, _path: str, _body: object) -> None:
        if method == "POST":
            raise ConnectionAbortedError

    api.intercept = drop
    with pytest.raises(UnreachableError):
        cluster.call("create", "/api/v1/namespaces", body={"metadata": {"name": "x"}})
    assert [method for method, _ in api.requests] == ["POST"]


def test_an_overloaded_server_is_asked_again(api: Any, cluster: Cluster) -> None:
    answers = iter([(429, {"message": "busy"})])
    api.intercept = lambda _method, _path, _body: next(answers, None)
    assert cluster.call("create", "/api/v1/namespaces", body={"metadata": {"name": "x"}}).status == 201


def test_no_server_is_an_error_that_says_where(api: Any) -> None:
    api.stop()
    transport = Transport.to(api.address)
    with contextlib.closing(transport), pytest.raises(NotSentError, match=api.address):
        Cluster(transport=transport, clock=SystemClock(), patience=0.2).get("/version")


def test_lists_are_read_to_the_last_page_and_say_what_their_items_are(api: Any, cluster: Cluster) -> None:
    first = {"kind": "PodList", "metadata": {"continue": "more", "resourceVersion": "7"}, "items": [{"metadata": {"name": "a"}}]}
    second = {"kind": "PodList", "metadata": {"resourceVersion": "7"}, "items": [{"metadata": {"name": "b"}}]}
    pages = iter([(200, first), (200, second)])
    api.intercept = lambda _method, _path, _body: next(pages)
    listing = cluster.list("/api/v1/pods")
    assert [(item["kind"], item["metadata"]["name"]) for item in listing.items] == [("Pod", "a"), ("Pod", "b")]
    assert listing.resource_version == "7"
    assert "continue=more" in api.requests[1][1]


def test_a_list_without_items_is_empty(api: Any, cluster: Cluster) -> None:
    api.intercept = lambda _method, _path, _body: (200, {"kind": "PodList", "items": None})
    assert cluster.list("/api/v1/pods").items == []


FORBIDDEN = (403, {"kind": "Status", "reason": "Forbidden", "message": "not yet"})


def test_a_server_that_has_just_come_back_is_not_taken_at_its_word(api: Any, cluster: Cluster) -> None:
    def drop() -> None:
        raise ConnectionAbortedError

    steps = iter([drop, lambda: FORBIDDEN, lambda: FORBIDDEN, lambda: None])
    api.intercept = lambda _method, _path, _body: next(steps)()
    assert cluster.get("/version")["minor"] == "34"


def test_a_refusal_of_a_server_that_was_there_all_the_time_counts_at_once(api: Any, cluster: Cluster) -> None:
    api.intercept = lambda _method, _path, _body: FORBIDDEN
    with pytest.raises(ForbiddenError):
        cluster.get("/version")
    assert len(api.requests) == 1


def test_a_server_that_is_unwell_is_asked_again_but_told_nothing_twice(api: Any, cluster: Cluster) -> None:
    answers = iter([(503, {"message": "starting"})])
    api.intercept = lambda _method, _path, _body: next(answers, None)
    assert cluster.get("/version")["minor"] == "34"
    api.intercept = lambda _method, _path, _body: (500, {"message": "etcd"})
    assert cluster.call("create", "/api/v1/namespaces", body={"metadata": {"name": "x"}}).status == 500
    assert [method for method, _ in api.requests].count("POST") == 1


def test_a_server_that_stays_away_is_waited_for_once_and_not_by_everybody(api: Any, cluster: Cluster) -> None:
    api.stop()
    started = time.monotonic()
    for _ in range(5):
        with pytest.raises(UnreachableError):
            cluster.get("/version")
    assert time.monotonic() - started < 2
