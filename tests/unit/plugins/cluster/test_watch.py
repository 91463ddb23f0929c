# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Following a collection through everything that interrupts it."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ForbiddenError, UnreachableError
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import Mirror, Source, View
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.watch import Changed, Deleted, Following, Listed, Lost

PODS = "/api/v1/namespaces/ns/pods"


def names(view: View) -> set[str]:
    return {pod["metadata"]["name"] for pod in view.all("Pod")}


def has(*wanted: str) -> Any:
    return lambda view: names(view) == set(wanted) or None


def later(seconds: float, action: Any) -> None:
    threading.Timer(seconds, action).start()


def test_a_list_comes_first_then_changes(api: Any, cluster: Cluster) -> None:
    api.put("Pod", "one", space="ns")
    following = Following(cluster, PODS, seconds=5)
    later(0.1, lambda: api.put("Pod", "two", space="ns"))
    later(0.2, lambda: api.remove("Pod", "one", space="ns"))
    seen = []
    for change in following.changes():
        if isinstance(change, Listed | Changed | Deleted):
            seen.append(type(change).__name__)
        if isinstance(change, Deleted):
            break
    assert seen == ["Listed", "Changed", "Deleted"]


def test_a_mirror_shows_what_comes_and_goes(api: Any, cluster: Cluster) -> None:
    with Mirror(cluster, {"Pod": Source(path=PODS)}, seconds=10) as mirror:
        later(0.05, lambda: api.put("Pod", "one", space="ns"))
        assert mirror.until(has("one"), seconds=3)
        later(0.05, lambda: api.remove("Pod", "one", space="ns"))
        assert mirror.until(has(), seconds=3)


def test_another_namespaces_pods_are_not_shown(api: Any, cluster: Cluster) -> None:
    api.put("Pod", "theirs", space="other")
    api.put("Pod", "ours", space="ns")
    with Mirror(cluster, {"Pod": Source(path=PODS)}, seconds=10) as mirror:
        assert mirror.until(has("ours"), seconds=3)


def test_a_version_too_old_is_answered_by_a_new_list(api: Any, cluster: Cluster) -> None:
    api.forget = 2
    with Mirror(cluster, {"Pod": Source(path=PODS)}, seconds=10) as mirror:
        later(0.3, lambda: api.put("Pod", "late", space="ns"))
        assert mirror.until(has("late"), seconds=5)
    assert sum(path.startswith(f"{PODS}?limit") for _, path in api.requests) == 3


def test_what_went_while_the_watch_was_too_old_is_gone(api: Any, cluster: Cluster) -> None:
    api.put("Pod", "old", space="ns")
    with Mirror(cluster, {"Pod": Source(path=PODS)}, seconds=10) as mirror:
        assert mirror.until(has("old"), seconds=3)
        api.cut = 1
        api.forget = 1
        with api.changed:
            api.log.clear()
            api.objects.pop(("Pod", "ns", "old"))
            api.put("Pod", "new", space="ns")
        assert mirror.until(has("new"), seconds=5)


def test_a_dropped_connection_is_resumed_without_losing_a_change(api: Any, cluster: Cluster) -> None:
    api.cut = 1
    with Mirror(cluster, {"Pod": Source(path=PODS)}, seconds=10) as mirror:
        for number in range(4):
            api.put("Pod", f"pod-{number}", space="ns")
        assert mirror.until(has(*(f"pod-{number}" for number in range(4))), seconds=5)


def test_a_server_that_goes_away_is_an_error_at_the_deadline_and_not_before(api: Any, cluster: Cluster) -> None:
    with Mirror(cluster, {"Pod": Source(path=PODS)}, seconds=10) as mirror:
        assert mirror.until(has(), seconds=3)
        api.stop()
        started = time.monotonic()
        with pytest.raises(UnreachableError, match="no answer"):
            mirror.until(has("never"), seconds=0.5)
        assert 0.4 < time.monotonic() - started < 4


def test_a_silent_wait_ends_undecided_when_the_server_still_answers(cluster: Cluster) -> None:
    with Mirror(cluster, {"Pod": Source(path=PODS)}, seconds=10) as mirror:
        assert mirror.until(has("never"), seconds=0.3) is None


def test_a_refusal_ends_the_wait_at_once(api: Any, cluster: Cluster) -> None:
    refusal = (403, {"kind": "Status", "reason": "Forbidden", "message": "no"})
    api.intercept = lambda _method, path, _body: refusal if "pods" in path else None
    with Mirror(cluster, {"Pod": Source(path=PODS)}, seconds=10) as mirror, pytest.raises(ForbiddenError, match="Forbidden"):
        mirror.until(has("never"), seconds=5)


def test_a_line_that_is_no_event_counts_as_a_lost_connection(api: Any, cluster: Cluster) -> None:
    answers = iter([(200, b"<html>proxy</html>\n"), (200, b"<html>proxy</html>\n")])
    api.intercept = lambda _method, path, _body: next(answers, None) if "watch=true" in path else None
    following = Following(cluster, PODS, seconds=5)
    kinds = [type(change) for change, _ in zip(following.changes(), range(3), strict=False)]
    assert Lost in kinds


def test_an_empty_list_is_a_decision_too(cluster: Cluster) -> None:
    with Mirror(cluster, {"Pod": Source(path=PODS), "Node": Source(path="/api/v1/nodes")}, seconds=10) as mirror:
        assert mirror.until(lambda view: (not view.all("Pod") and not view.all("Node")) or None, seconds=3)


def test_waits_are_not_decided_before_every_collection_is_known(api: Any, cluster: Cluster) -> None:
    def slow(_method: str, path: str, _body: object) -> None:
        if path.startswith("/api/v1/nodes"):
            threading.Event().wait(0.4)

    api.intercept = slow
    started = time.monotonic()
    with Mirror(cluster, {"Pod": Source(path=PODS), "Node": Source(path="/api/v1/nodes")}, seconds=10) as mirror:
        assert mirror.until(lambda _view: True, seconds=3)
    assert time.monotonic() - started >= 0.4


def test_a_refusal_after_a_loss_is_waited_out(api: Any, cluster: Cluster) -> None:
    with Mirror(cluster, {"Pod": Source(path=PODS)}, seconds=10) as mirror:
        assert mirror.until(has(), seconds=3)
        steps = iter([ConnectionAbortedError, (403, {"reason": "Forbidden", "message": "roles are being read"}), (503, {"message": "no"})])

        def awakening(_method: str, path: str, _body: object) -> Any:
            step = next(steps, None) if path.startswith(PODS) else None
            if step is ConnectionAbortedError:
                raise ConnectionAbortedError
            return step

        api.intercept = awakening
        api.drop()
        api.put("Pod", "late", space="ns")
        assert mirror.until(has("late"), seconds=5)
