# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Waits for several sorts of objects at once, by watches, and says what is lacking when time is up."""

from __future__ import annotations

import enum
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Clock, Deadline
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.discovery import Served, served
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import Mirror, Source, View

from .predicates import Field, condition, container_trouble, hopeless, imageless, lack_of, over_quota

JSON = Any

HOPELESS_SECONDS = 20.0
"""How long a pod must have been hopeless until it counts: a registry that is being restarted has come back by then."""

_RUNS_PODS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job"})


class NotServedError(ConformanceError):
    """The API server serves no such kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """Objects that must be ready.

    Attributes:
        api_version: ``apps/v1``.
        kind: ``DaemonSet``.
        namespace: empty for cluster-scoped kinds, and for all namespaces.
        name: of the one object that is meant; empty for all that the selectors leave.
        labels: a label selector.
        fields: a field selector.
        count: how many must be ready.
        every: whether all of them must be, however many more there are.
        condition: one that must be True, on top of the kind's own readiness; empty for none.
        where: fields that must hold something, on top of the kind's own readiness.
    """

    api_version: str
    kind: str
    namespace: str = ""
    name: str = ""
    labels: str = ""
    fields: str = ""
    count: int = 1
    every: bool = False
    condition: str = ""
    where: tuple[Field, ...] = ()

    def __str__(self) -> str:
        """How people would call it."""
        scope = f"{self.namespace}/" if self.namespace else ""
        chosen = " ".join(part for part in (self.labels, self.fields) if part)
        return f"{self.kind} {scope}{self.name}" if self.name else f"{self.kind} {scope}({chosen or 'any'})"

    def source(self, kinds: Sequence[Served]) -> Source:
        """The collection to watch, and no more of it than needed.

        Args:
            kinds: what the API server serves.

        Raises:
            NotServedError: it does not serve this one.
        """
        kind = next((entry for entry in kinds if (entry.api_version, entry.kind) == (self.api_version, self.kind)), None)
        if kind is None:
            raise NotServedError(
                what=f"waiting for {self}",
                found=f"no kind {self.kind} in {self.api_version}",
                expected="a kind that the API server serves",
                look="`kubectl api-resources`, and whether the CRDs of the component are installed",
            )
        named = f"metadata.name={self.name}" if self.name else ""
        fields = ",".join(part for part in (named, self.fields) if part)
        return Source(path=kind.path(namespace=self.namespace), labels=self.labels, fields=fields)

    def lacking(self, items: Sequence[JSON]) -> str | None:
        """What the collection lacks; None when enough objects are ready."""
        lacks = {str(item["metadata"]["name"]): self._lack(item) for item in items}
        ready = sum(lack is None for lack in lacks.values())
        if ready >= self.count and not (self.every and ready < len(lacks)):
            return None
        unready = "; ".join(f"{name}: {lack}" if not self.name else lack for name, lack in sorted(lacks.items()) if lack)
        return unready or f"{len(lacks)} found, expected {self.count}"

    def _lack(self, item: JSON) -> str | None:
        wanted = [lack_of({"kind": self.kind, **item}), *(field.lack(item) for field in self.where)]
        if self.condition:
            wanted.append(condition(self.condition)(item))
        return next((lack for lack in wanted if lack), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """How a wait went.

    Attributes:
        lacking: a sentence for everything that is not ready; none when all is.
        given_up: whether it ended before its time, because more of it would not have helped.
    """

    lacking: list[str]
    given_up: bool = False


def wait(cluster: Cluster, wants: Sequence[Want], *, seconds: float, hopeless_seconds: float = HOPELESS_SECONDS) -> Waited:
    """Wait until everything is ready, or a pod that it needs has been hopeless for a while, or a quota has refused one for as long.

    Args:
        cluster: the API server.
        wants: what must be ready; watched side by side.
        seconds: how long, for all of it together.
        hopeless_seconds: after how long it ends the wait that an image cannot be had, a container ends again and again, or a quota has
            no room left.

    Raises:
        NotServedError: the API server does not know a kind.
        ConformanceError: it refuses to show one, or does not answer.
    """
    kinds = served(cluster)
    sources = {str(number): want.source(kinds) for number, want in enumerate(wants)}
    spaces = {want.namespace for want in wants if want.kind in _RUNS_PODS}
    pods = {f"pods of {space}": Source(path=f"/api/v1/namespaces/{space}/pods") for space in spaces if space}
    latest: dict[str, list[JSON]] = {}
    patience = _Patience(clock=cluster.clock, seconds=hopeless_seconds)

    def decide(view: View) -> _Verdict | None:
        latest.update({key: view.all(key) for key in (*sources, *pods)})
        lacking = [number for number, want in enumerate(wants) if want.lacking(latest[str(number)])]
        needed = [item for number in lacking for item in latest[str(number)] if wants[number].kind in _RUNS_PODS]
        # Pods of others' making that are meant themselves may restart until what they need is there.
        lost = {f"pod {_named(pod)}" for number in lacking for pod in latest[str(number)] if wants[number].kind == "Pod" and imageless(pod)}
        own = [pod for key in pods for pod in latest[key] if any(_selects(item, pod) for item in needed)]
        lost |= {f"pod {_named(pod)}" for pod in own if hopeless(pod)} | {_named(item) for item in needed if over_quota(item)}
        fresh = patience.look(lost)
        if not lacking:
            return _Verdict.READY
        if patience.is_lost():
            return _Verdict.HOPELESS
        # Nothing may happen any more: the wait goes on until patience ends, not until the deadline.
        return _Verdict.UNDECIDED if fresh else None

    deadline = Deadline(clock=cluster.clock, seconds=seconds)
    with Mirror(cluster, sources | pods, seconds=seconds + 1) as mirror:
        verdict = None
        while verdict not in {_Verdict.READY, _Verdict.HOPELESS} and not deadline.passed():
            verdict = mirror.until(decide, seconds=min(deadline.left(), patience.left()))
    if verdict is _Verdict.READY:
        return Waited(lacking=[])
    sentences = []
    for number, want in enumerate(wants):
        items = latest.get(str(number), [])
        if lack := want.lacking(items):
            told = (f"({trouble})" for item in items for trouble in _troubles(cluster, item, pods=want.kind == "Pod"))
            sentences.append(" ".join([f"{want}: {lack}", *told]))
    return Waited(lacking=sentences, given_up=verdict is _Verdict.HOPELESS)


class _Verdict(enum.Enum):
    """What a look at the objects comes to."""

    READY = enum.auto()
    HOPELESS = enum.auto()
    UNDECIDED = enum.auto()


class _Patience:
    """Since when pods and workloads have been hopeless. One that gets better is given its time anew."""

    def __init__(self, *, clock: Clock, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self._since: dict[str, float] = {}

    def look(self, lost: Collection[str]) -> bool:
        """Note which are hopeless; whether one was not so before."""
        now, known = self._clock.monotonic(), self._since
        self._since = {name: known.get(name, now) for name in lost}
        return bool(self._since.keys() - known.keys())

    def left(self) -> float:
        """Seconds until the next look is due; endless while nothing is hopeless."""
        first = min(self._since.values(), default=math.inf)
        return max(0.05, first + self._seconds - self._clock.monotonic())

    def is_lost(self) -> bool:
        return any(self._clock.monotonic() - since >= self._seconds for since in self._since.values())


def _named(pod: JSON) -> str:
    return f"{pod['metadata'].get('namespace', '')}/{pod['metadata']['name']}"


def _selects(item: JSON, pod: JSON) -> bool:
    """Whether a workload's selector means a pod (API reference, meta/v1 LabelSelector; its labels are all that charts use)."""
    wanted = (item.get("spec", {}).get("selector") or {}).get("matchLabels") or {}
    labels = pod["metadata"].get("labels") or {}
    same_space = item["metadata"].get("namespace") == pod["metadata"].get("namespace")
    return bool(wanted) and same_space and all(labels.get(key) == value for key, value in wanted.items())


def _troubles(cluster: Cluster, item: JSON, *, pods: bool) -> Iterator[str]:
    """Why a pod, or those of a workload, do not run, one sentence for each that says so."""
    if pods:
        yield from _trouble(item)
        return
    selector = item.get("spec", {}).get("selector", {})
    labels = selector.get("matchLabels") if isinstance(selector, Mapping) else None
    if not labels or "namespace" not in item["metadata"]:
        return
    found = cluster.list(f"/api/v1/namespaces/{item['metadata']['namespace']}/pods", labels=",".join(f"{k}={v}" for k, v in labels.items()))
    for pod in found.items:
        yield from _trouble(pod)


def _trouble(pod: JSON) -> Iterator[str]:
    if trouble := hopeless(pod) or container_trouble(pod):
        yield f"pod {pod['metadata']['name']} on {pod['spec'].get('nodeName', 'no node')}: {trouble}"
