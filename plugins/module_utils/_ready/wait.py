# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Waits for several sorts of objects at once, by watches, and says what is lacking when time is up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster, successful
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError, NotFoundError
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import Mirror, Source, View

from .predicates import Field, container_trouble, lack_of

JSON = Any


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
    where: tuple[Field, ...] = ()

    def __str__(self) -> str:
        """How people would call it."""
        scope = f"{self.namespace}/" if self.namespace else ""
        chosen = " ".join(part for part in (self.labels, self.fields) if part)
        return f"{self.kind} {scope}{self.name}" if self.name else f"{self.kind} {scope}({chosen or 'any'})"

    def source(self, *, plural: str) -> Source:
        """The collection to watch, and no more of it than needed."""
        base = f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        scope = f"/namespaces/{self.namespace}" if self.namespace else ""
        named = f"metadata.name={self.name}" if self.name else ""
        return Source(path=f"{base}{scope}/{plural}", labels=self.labels, fields=",".join(part for part in (named, self.fields) if part))

    def lacking(self, items: Sequence[JSON]) -> str | None:
        """What the collection lacks; None when enough objects are ready."""
        lacks = {str(item["metadata"]["name"]): self._lack(item) for item in items}
        ready = sum(lack is None for lack in lacks.values())
        if ready >= self.count and not (self.every and ready < len(lacks)):
            return None
        unready = "; ".join(f"{name}: {lack}" if not self.name else lack for name, lack in sorted(lacks.items()) if lack)
        return unready or f"{len(lacks)} found, expected {self.count}"

    def _lack(self, item: JSON) -> str | None:
        wrong = (field.lack(item) for field in self.where)
        return lack_of({"kind": self.kind, **item}) or next((lack for lack in wrong if lack), None)


def wait(cluster: Cluster, wants: Sequence[Want], *, seconds: float) -> list[str]:
    """Wait until everything is ready.

    Args:
        cluster: the API server.
        wants: what must be ready; watched side by side.
        seconds: how long, for all of it together.

    Returns:
        A sentence for everything that is not ready at the deadline; none when all is.

    Raises:
        NotServedError: the API server does not know a kind.
        ConformanceError: it refuses to show one, or does not answer.
    """
    sources = {str(number): want.source(plural=_plural(cluster, want)) for number, want in enumerate(wants)}
    latest: dict[str, list[JSON]] = {}

    def decide(view: View) -> bool | None:
        latest.update({key: view.all(key) for key in sources})
        return True if not any(want.lacking(latest[str(number)]) for number, want in enumerate(wants)) else None

    with Mirror(cluster, sources, seconds=seconds + 1) as mirror:
        if mirror.until(decide, seconds=seconds):
            return []
    sentences = []
    for number, want in enumerate(wants):
        items = latest.get(str(number), [])
        if lack := want.lacking(items):
            sentences.append(" ".join([f"{want}: {lack}", *(f"({trouble})" for item in items for trouble in _troubles(cluster, item))]))
    return sentences


def _plural(cluster: Cluster, want: Want) -> str:
    """The resource's name in paths (Kubernetes API concepts, "Resource types")."""
    base = f"/apis/{want.api_version}" if "/" in want.api_version else f"/api/{want.api_version}"
    try:
        resources = successful(cluster.call("get", base)).body["resources"]
    except NotFoundError:
        resources = []
    name = next((entry["name"] for entry in resources if entry["kind"] == want.kind and "/" not in entry["name"]), None)
    if name is None:
        raise NotServedError(
            what=f"waiting for {want}",
            found=f"no kind {want.kind} in {want.api_version}",
            expected="a kind that the API server serves",
            look="`kubectl api-resources`, and whether the CRDs of the component are installed",
        )
    return str(name)


def _troubles(cluster: Cluster, item: JSON) -> Iterator[str]:
    """Why pods of a workload do not run, one sentence for each that says so."""
    selector = item.get("spec", {}).get("selector", {})
    labels = selector.get("matchLabels") if isinstance(selector, Mapping) else None
    if not labels or "namespace" not in item["metadata"]:
        return
    pods = cluster.list(f"/api/v1/namespaces/{item['metadata']['namespace']}/pods", labels=",".join(f"{k}={v}" for k, v in labels.items()))
    for pod in pods.items:
        if trouble := container_trouble(pod):
            yield f"pod {pod['metadata']['name']} on {pod['spec'].get('nodeName', 'no node')}: {trouble}"
