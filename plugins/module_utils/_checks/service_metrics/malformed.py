# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SM-07: metrics that cannot be read are reported, not invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check

from .collected import look, of_mark, scrapes, start, stored, target, until_scraped
from .judging import FromStore
from .needs import SERVING
from .requirement import AI_SERVICE_METRICS
from .settings import ServiceMetricsSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

_SCRAPES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What the workload exposes.

    Attributes:
        broken: whether a line is cut off.
    """

    broken: bool


class Malformed(FromStore, Check[Text]):
    """A workload whose metrics have a line that is cut off is a target that is down, and none of its series is stored.

    Targets that nobody can reach are down, too. So the workload counts who reads its metrics, and must have been read before.
    The control is the same workload with whole lines. On a busy node its first readings may come too late for the store, so it counts
    as soon as it is up, and only as down when it never was.
    """

    id = "SM-07"
    requirement = AI_SERVICE_METRICS.id
    title = "malformed metrics are reported"
    asks = "Is a target whose metrics cannot be read reported as down, with nothing of it stored?"
    broken_looks_like = "The target is up, or half of its series are stored."
    sources = ("Prometheus: up and instance labels", "specification: standard format")
    mandatory = False
    needs = SERVING
    subject = Text(broken=True)
    control = Text(broken=False)
    control_reason = "target-up"

    def observe(self, bench: Bench, variant: Text, /) -> None:
        """Starts the workload and waits until it was read. The second time shows that what came of the first one is stored."""
        own, mark = bench.own(ServiceMetricsSettings), start(bench, broken=variant.broken)
        if not mark:
            return
        until_scraped(bench, "server", _SCRAPES)
        at = target(bench.so_far, "server")

        def settled(found: Mapping[str, float] | None) -> bool:
            return bool(found and (variant.broken or found.get("up") == 1))

        look(bench, "up", f'up{{instance="{at}"}}', settled, seconds=own.collect_seconds)
        look(bench, "stored", of_mark(mark), lambda found: found is not None, seconds=1)

    def judge(self, seen: Seen, /) -> Finding:
        """Looks at the target's state and at what is stored."""
        up, found = stored(seen, "up"), stored(seen, "stored")
        if (times := scrapes(seen, "server")) < _SCRAPES:
            return inconclusive("not-scraped", f"the metrics were read {times} times, expected {_SCRAPES}: see SM-02")
        if "up" not in up:
            return inconclusive("not-discovered", f"{target(seen, 'server')} is no target: see SM-02, and the label instance of targets")
        if up["up"] != 0:
            return failure("target-up", f"{target(seen, 'server')} is up, expected it down where a line cannot be read")
        if found:
            return failure("stored-malformed", f"{len(found)} metrics are stored of a target that cannot be read, expected none")
        return success("target-down", f"{target(seen, 'server')} is down and nothing of it is stored")
