# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AM-07's control from its first request to its verdict, beside a node that goes while the exporters are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.accelerator_metrics.attribution import Attribution
from ansible_collections.ailab.conformance.plugins.module_utils._checks.accelerator_metrics.settings import OPTIONS, MetricsSettings
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding, Side, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.stock import NO_STOCK, Stock
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workspace import Workspace

from .playing import NODE, defaults, played, run_at_once

JSON = Any

SPACE, GOES = "gpu-operator", "goes"
TEXT = 'DCGM_FI_DEV_GPU_UTIL{UUID="GPU-1",pod=""} 0\nDCGM_FI_DEV_FB_USED{UUID="GPU-1",pod=""} 1\n'


@pytest.fixture
def platform(api: Any) -> None:
    """Two exporters, one of which is gone by the time it is asked, and pods that run at once."""
    run_at_once(api)

    def answer(_method: str, path: str, _body: JSON) -> tuple[int, JSON] | None:
        if "/proxy/" not in path:
            return None
        return (200, TEXT.encode()) if f"/{NODE}:" in path else (404, {"kind": "Status", "code": 404})

    api.intercept = answer
    for node in (NODE, GOES):
        api.put("Pod", node, space=SPACE, metadata={"labels": {"app": "exporter"}}, spec={"nodeName": node}, status={})


def judged(spaces: Callable[..., Workspace], *, stock: Stock) -> Finding:
    """What the check says of its control."""
    own = MetricsSettings(**defaults(OPTIONS, exporter_selector="app=exporter", react_seconds=1.0))
    return played(Attribution(), spaces("accelerator_metrics", own), side=Side.CONTROL, stock=stock)


@pytest.mark.usefixtures("platform")
def test_only_exporters_that_were_there_when_the_run_began_are_asked(spaces: Callable[..., Workspace]) -> None:
    found = judged(spaces, stock=Stock(free={}, chosen=Allocator.DRA, accelerated=(NODE,)))
    assert (found.verdict, found.reason) == (Verdict.FAIL, "attribution-missing")


@pytest.mark.usefixtures("platform")
def test_an_exporter_that_was_there_and_does_not_answer_decides_nothing(spaces: Callable[..., Workspace]) -> None:
    found = judged(spaces, stock=NO_STOCK)
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, "metrics-unreadable")
    assert f"node {GOES}: the endpoint answered 404" in found.sentence
