# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AM-01: there is an endpoint, and what it says is in the format."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import counted, failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import AS_IT_IS, Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform.exposition import CONTENT_TYPES, ExpositionError, is_exposition

from .edits import with_bodies
from .needs import ALL_NODES, READING
from .requirement import ACCELERATOR_METRICS
from .scrapes import EXPORTERS, Exporter, exporters, exposition, scrape

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


class Endpoint(RecordedControl[Situation]):
    """Every exporter answers with metrics that a scraper reads without guessing.

    A page of an ingress has status 200, too; so the media type and every line are looked at. The control is what was just read, with
    its last line cut off.
    """

    id = "AM-01"
    requirement = ACCELERATOR_METRICS.id
    title = "metrics at a machine-readable endpoint"
    asks = "Does every exporter answer 200 with a media type of the text format, and can each line of it be read?"
    broken_looks_like = "The endpoint refuses, answers with a page for people, or with lines that no scraper can read."
    sources = ("specification: accelerator_metrics", "KAR-0059", "Prometheus exposition formats")
    reads_only = True
    needs = READING
    subject = AS_IT_IS
    control = Situation(cluster="as it is, with the last line cut off")
    control_reason = "exposition-invalid"
    subject_takes = ALL_NODES

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Reads every exporter once."""
        scrape(bench, "now", exporters(bench))

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same texts without their ends."""
        return with_bodies(subject, "now", lambda body: body[: -len(body.splitlines()[-1]) // 2 - 1] if body.strip() else body)

    def evaluate(self, seen: Seen) -> Finding:
        """Reads every text."""
        pods, scrapes = seen.last(EXPORTERS), seen.named("scrape.now.")
        if not isinstance(pods, list) or not pods or not scrapes:
            return inconclusive("metrics-not-seen", "no exporter was read")
        unasked = sorted({exporter.node for exporter in map(Exporter.of, pods) if exporter.node} - set(scrapes))
        if unasked:
            return inconclusive("metrics-not-seen", f"the exporters on {listed(unasked)} were not read")
        count = 0
        for node, fact in sorted(scrapes.items()):
            try:
                count += len(exposition(fact).series)
            except ExpositionError as error:
                return failure("exposition-invalid", f"the exporter on {node}: {error}; see its log")
            if not is_exposition(str(fact.get("type") or "")):
                found = f"the exporter on {node} calls its answer {fact.get('type')!r}"
                return failure("media-type-wrong", f"{found}, expected {' or '.join(CONTENT_TYPES)}")
        return success("exposition-valid", f"{counted(len(scrapes), 'exporter')}, {count} series, every line in the format")
