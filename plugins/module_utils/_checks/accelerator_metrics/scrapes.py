# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the exporters of accelerators say, read straight from their pods, and what that means by accelerator."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.exposition import Exposition, ExpositionError, Series, read
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import is_ready
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError

from .settings import MetricsSettings, Names

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

NAMES, LIMITS, EXPORTERS = "names", "limits", "exporters"
"""Facts: how metrics are called, what is judged by, and which pods export them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporter:
    """A pod that exports the metrics of a node's accelerators.

    Attributes:
        pod: its name.
        node: its node.
        uid: of the pod.
        ready: whether it is.
    """

    pod: str
    node: str
    uid: str
    ready: bool

    @classmethod
    def of(cls, pod: JSON) -> Exporter:
        """From the Pod."""
        metadata, spec = pod.get("metadata") or {}, pod.get("spec") or {}
        ready = is_ready(pod) and not metadata.get("deletionTimestamp")
        return cls(pod=str(metadata.get("name")), node=str(spec.get("nodeName") or ""), uid=str(metadata.get("uid")), ready=ready)


def exporters(bench: Bench) -> list[Exporter]:
    """Finds the exporters, and records them with the settings that evaluators need.

    Raises:
        PreconditionError: there is none.
        ConformanceError: the cluster cannot be asked.
    """
    own = bench.own(MetricsSettings)
    bench.note(NAMES, own.names.as_fact())
    bench.note(LIMITS, own.limits)
    pods = bench.listing(EXPORTERS, kinds.POD, space=own.exporter_namespace, labels=own.exporter_selector)
    found = [exporter for exporter in map(Exporter.of, pods) if exporter.node]
    if not found:
        raise PreconditionError(
            name="exporter-missing",
            what="looking for the exporter of accelerator metrics",
            found=f"no scheduled pod in namespace {own.exporter_namespace} with {own.exporter_selector}",
            expected="one on every node with accelerators",
            look="the options exporter_namespace and exporter_selector, and whether the exporter is installed",
        )
    return sorted(found, key=lambda exporter: (exporter.node, exporter.pod))


def scrape(bench: Bench, phase: str, among: Iterable[Exporter], *, metrics: Sequence[str] = ()) -> None:
    """Reads the metrics of some exporters, recorded as ``scrape.<phase>.<node>``.

    Args:
        bench: the way to the cluster.
        phase: when it is, for the record.
        among: the exporters.
        metrics: which of them to record; all when empty. What is read again and again would fill the evidence otherwise.

    Raises:
        UnreachableError: the API server gives no answer.
    """
    own = bench.own(MetricsSettings)
    for exporter in among:
        bench.proxied(
            f"scrape.{phase}.{exporter.node}",
            kinds.POD,
            name=exporter.pod,
            space=own.exporter_namespace,
            port=own.exporter_port,
            path=own.exporter_path,
            keep=lambda body: lines_of(body, metrics) if metrics and isinstance(body, str) else body,
        )


def lines_of(body: str, metrics: Sequence[str]) -> str:
    """The lines of a text that carry the values of some metrics, and its last one, which tells whether it was cut off."""
    lines = body.splitlines(keepends=True)
    wanted = tuple(f"{name}{end}" for name in metrics for end in ("{", " "))
    return "".join(line for number, line in enumerate(lines, start=1) if line.startswith(wanted) or number == len(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """The series of one accelerator in one scrape.

    Attributes:
        uuid: its UUID.
        node: the node of its exporter.
        series: all that carry its UUID.
    """

    uuid: str
    node: str
    series: tuple[Series, ...]

    def value(self, name: str) -> float | None:
        """The value of a metric; None when there is none, or more than one. Who share an accelerator have a series each."""
        found = {series.value for series in self.series if series.name == name}
        return found.pop() if len(found) == 1 else None

    def attributed(self, pod: tuple[str, str], names: Names) -> list[str]:
        """The core metrics of which a series names a pod, given as namespace and name."""
        naming = {series.name for series in self.series if (series.labels.get(names.namespace), series.labels.get(names.pod)) == pod}
        return [name for name in names.core if name in naming]


def exposition(fact: JSON) -> Exposition:
    """The metrics in the record of a scrape.

    Raises:
        ExpositionError: it failed, or its body is not in the format.
    """
    values: Mapping[str, JSON] = fact if isinstance(fact, Mapping) else {}
    if values.get("status") != HTTPStatus.OK:
        raise ExpositionError(f"the endpoint answered {values.get('status')}, expected 200")
    body = values.get("body")
    if not isinstance(body, str):
        raise ExpositionError(f"the body is {type(body).__name__}, expected text")
    return read(body)


def by_uuid(seen: Seen, phase: str, names: Names, *, nodes: Collection[str] = ()) -> dict[str, Accelerator]:
    """The accelerators in the scrapes of a phase, by UUID. A series without the label of the device belongs to none.

    Args:
        seen: the record.
        phase: of the scrapes.
        names: how metrics are called.
        nodes: whose exporters must have been read; those of all exporters that were found when empty.

    Raises:
        ExpositionError: a scrape failed, cannot be read or was not made, or two nodes claim one accelerator.
    """
    scrapes = seen.named(f"scrape.{phase}.")
    unread = sorted(set(nodes or _nodes(seen)) - set(scrapes))
    if unread:
        raise ExpositionError(f"the exporters on {', '.join(unread)} were not read")
    found: dict[str, Accelerator] = {}
    for node, fact in sorted(scrapes.items()):
        try:
            known = exposition(fact)
        except ExpositionError as error:
            raise ExpositionError(f"node {node}: {error}") from error
        mine: dict[str, list[Series]] = {}
        for series in known.series:
            if uuid := series.labels.get(names.device):
                mine.setdefault(uuid, []).append(series)
        for uuid, several in mine.items():
            if uuid in found:
                raise ExpositionError(f"accelerator {uuid} is exported by the nodes {found[uuid].node} and {node}, expected one")
            found[uuid] = Accelerator(uuid=uuid, node=node, series=tuple(several))
    return found


def _nodes(seen: Seen) -> set[str]:
    pods = seen.last(EXPORTERS)
    found = {Exporter.of(pod).node for pod in pods if isinstance(pod, dict)} - {""} if isinstance(pods, list) else set[str]()
    if not found:
        raise ExpositionError("no exporter was found on any node")
    return found
