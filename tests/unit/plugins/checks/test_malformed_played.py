# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SM-07 from its first request to its verdict, with a monitoring system that is late, one that is deaf, and one that believes anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.service_metrics.malformed import Malformed
from ansible_collections.ailab.conformance.plugins.module_utils._checks.service_metrics.settings import OPTIONS, ServiceMetricsSettings
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding, Side, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import PORT
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workspace import Workspace

from .playing import ADDRESS, defaults, played, run_at_once

JSON = Any

DOWN, UP = "0", "1"


class Monitoring:
    """A store that reads every workload at once, and has a state of it for every time that it is asked for one."""

    def __init__(self, api: Any, states: Iterable[str]) -> None:
        self.asked = 0
        self._states: Iterator[str] = iter(states)
        run_at_once(api)
        api.intercept = self._answer

    def _answer(self, _method: str, path: str, _body: JSON) -> tuple[int, JSON] | None:
        if "/scrapes.txt" in path:
            return 200, b".\n.\n"
        if "/api/v1/query" not in path:
            return None
        return 200, {"status": "success", "data": {"resultType": "vector", "result": self._result(path)}}

    def _result(self, path: str) -> list[JSON]:
        if "query=up" not in path:
            return []
        self.asked += 1
        return [{"metric": {"__name__": "up", "instance": f"{ADDRESS}:{PORT}"}, "value": [1.0, next(self._states)]}]


def judged(spaces: Callable[..., Workspace], *, side: Side) -> Finding:
    """What the check says of one side."""
    return played(Malformed(), spaces("ai_service_metrics", ServiceMetricsSettings(**defaults(OPTIONS, collect_seconds=2.5))), side=side)


@pytest.mark.parametrize("states", [repeat(UP), chain([DOWN], repeat(UP))], ids=["at once", "after a reading that came too late"])
def test_whole_metrics_count_as_soon_as_their_target_is_up(api: Any, spaces: Callable[..., Workspace], states: Iterable[str]) -> None:
    Monitoring(api, states)
    found = judged(spaces, side=Side.CONTROL)
    assert (found.verdict, found.reason) == (Verdict.FAIL, "target-up")


def test_a_store_for_which_everything_is_down_proves_nothing(api: Any, spaces: Callable[..., Workspace]) -> None:
    store = Monitoring(api, repeat(DOWN))
    found = judged(spaces, side=Side.CONTROL)
    assert (found.verdict, found.reason) == (Verdict.PASS, "target-down")
    assert store.asked > 1


@pytest.mark.parametrize(("state", "expected"), [(DOWN, (Verdict.PASS, "target-down")), (UP, (Verdict.FAIL, "target-up"))])
def test_the_first_state_of_a_broken_target_counts(
    *, api: Any, spaces: Callable[..., Workspace], state: str, expected: tuple[Verdict, str]
) -> None:
    store = Monitoring(api, repeat(state))
    found = judged(spaces, side=Side.SUBJECT)
    assert (found.verdict, found.reason) == expected
    assert store.asked == 1
