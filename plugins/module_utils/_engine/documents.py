# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents of a run directory, typed. The engine writes them, reports and replay read them.

::

    runs/<run id>/
        opened.json                     Opened        what the run started from; its presence without a manifest means "not sealed"
        ledger.jsonl                    one line before and after every creation, for clean-up after a killed run
        inventory/before.json after.json    Inventory   what existed, by UID
        inventory/<requirement>.json    CleanUp       what the requirement could not remove
        checks/<id>/observations.jsonl  Observation   one per line
        checks/<id>/result.json         CheckResult
        requirements/<id>.json          RequirementResult
        run.json                        Run           written when the run is sealed
        manifest.sha256                 "<sha256>  <relative path>", one line for every other file, sorted by path

Results, requirements and ``run.json`` are computed from the rest (``inputs``), so a replay can write them again.
Source: design section 4.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .verdict import ControlKind, Fidelity, Side, Verdict

JSON = Any
"""A JSON value as ``json.loads`` gives it."""

SCHEMA = 1
"""Version of these documents; it changes when a reader of the old ones would misread the new ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call to the API server that an observation answers.

    Attributes:
        verb: ``get``, ``list``, ``create``, ``update``, ``patch``, ``delete``, ``watch`` or ``exec``.
        path: path and query, without the server's address.
        body: what was sent; None when nothing was.
    """

    verb: str
    path: str
    body: JSON = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One fact, in the order seen.

    Attributes:
        n: position in the file, from 1.
        side: the run of the check that saw it.
        name: what the evaluator asks for, e.g. ``pod``.
        at: UTC, RFC 3339 with milliseconds.
        request: the call that it answers; None for what was computed.
        data: the fact, without secrets and managed fields.
        digest: ``sha256:`` and the digest of the line's canonical JSON without this key.
    """

    n: int
    side: Side
    name: str
    at: str
    request: Request | None
    data: JSON
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectResult:
    """What the evaluator said about what a conformant platform must serve."""

    verdict: Verdict
    reason: str
    sentence: str
    variant: JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlResult:
    """What the same evaluator said about what it must judge a failure.

    Attributes:
        kind: ``live`` or ``recorded``.
        verdict: what it said.
        reason: why.
        expected_reason: the reason code that the control was made for.
        flipped: whether it failed for exactly that reason.
        sentence: one line for people.
        variant: what was tried.
    """

    kind: ControlKind
    verdict: Verdict
    reason: str
    expected_reason: str
    flipped: bool
    sentence: str
    variant: JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """``checks/<id>/result.json``.

    Attributes:
        id: name in the check list, ``DRA-05``.
        requirement: id in the specification, ``dra_support``.
        title: the check in a few words.
        asks: what was asked, one sentence.
        broken_looks_like: what would have been seen on a broken platform.
        mandatory: whether the requirement needs it.
        verdict: of the check: the subject's, unless the control did not flip.
        reason: stable code.
        sentence: one line for people.
        fidelity: what the evidence was taken from.
        subject: the subject's part.
        control: the control's part.
        started: time of the first observation, RFC 3339.
        seconds: from the first to the last observation.
        sources: KEPs, API pages, sections of the specification.
    """

    id: str
    requirement: str
    title: str
    asks: str
    broken_looks_like: str
    mandatory: bool
    verdict: Verdict
    reason: str
    sentence: str
    fidelity: Fidelity
    subject: SubjectResult
    control: ControlResult
    started: str
    seconds: float
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """How many checks ran with a control, and how many of these flipped."""

    total: int
    flipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRef:
    """An object of the cluster.

    Attributes:
        kind: ``Pod``.
        namespace: empty for cluster-scoped kinds.
        name: its name.
        uid: its UID; empty when the run died before the API server's answer arrived.
    """

    kind: str
    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementResult:
    """``requirements/<id>.json``, and an entry of ``run.json``.

    Attributes:
        id: ``dra_support``.
        category: section of the specification, ``accelerators``.
        level: ``MUST`` or ``SHOULD``.
        verdict: of the requirement (precedence: ``_engine.judge.requirement``).
        reason: stable code; ``cleanup`` when the requirement left something behind.
        sentence: one line for people.
        fidelity: the least of its checks.
        seconds: from the first observation of the first check to the last one of the last.
        checks: ids, in the order of the check list.
        controls: negative controls made and flipped.
        leaked: what the requirement created and could not remove.
        withheld: ids of checks that were not to be run.
    """

    id: str
    category: str
    level: str
    verdict: Verdict
    reason: str
    sentence: str
    fidelity: Fidelity
    seconds: float
    checks: tuple[str, ...]
    controls: Controls
    leaked: tuple[ObjectRef, ...] = ()
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Who made the run."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecRef:
    """The checklist that the run was made for.

    Attributes:
        kubernetes_version: ``v1.34``.
        file: name under ``specs/``.
        sha256: digest of that file.
    """

    kubernetes_version: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node as the run found it."""

    name: str
    kubelet: str
    os_image: str
    runtime: str
    simulated: bool
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRef:
    """An image as a container's status names it.

    Attributes:
        image: name and tag.
        image_id: with digest, as the container runtime resolved it.
    """

    image: str
    image_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A workload of the platform with what it runs.

    Attributes:
        namespace: where.
        kind: ``Deployment``, ``DaemonSet``, ``StatefulSet``, ``Node`` for static pods, or ``Pod``.
        name: its name.
        images: each once, sorted.
    """

    namespace: str
    kind: str
    name: str
    images: tuple[ImageRef, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFacts:
    """The cluster as the run found it.

    Attributes:
        fingerprint: ``sha256:`` and the digest of the UID of the namespace ``kube-system``: the same for the life of a cluster.
        version: answer of ``/version``.
        nodes: sorted by name.
        components: sorted by namespace, kind and name.
    """

    fingerprint: str
    version: Mapping[str, JSON]
    nodes: tuple[Node, ...]
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncompared:
    """A kind of which nobody can say whether the run left something.

    Attributes:
        kind: ``ClusterQueue``.
        before: why it could not be listed when the run was opened; empty when it could.
        after: the same when it was sealed.
    """

    kind: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InventorySummary:
    """The inventories in ``run.json``.

    Attributes:
        before: number of objects by kind when the run was opened.
        after: the same when it was sealed. Other people's objects come and go: a difference alone is no leak.
        leaked: objects of this run that still existed.
        uncompared: kinds that could not be listed both times. They are in neither count.
    """

    before: Mapping[str, int]
    after: Mapping[str, int]
    leaked: tuple[ObjectRef, ...]
    uncompared: tuple[Uncompared, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """``run.json``: the whole run on one page.

    Attributes:
        schema: version of the documents.
        run_id: ``20261122T053000Z-1a2b3c``.
        started: when it was opened.
        finished: when it was sealed.
        tool: who made it.
        spec: the checklist.
        cluster: the cluster when the run was opened.
        fidelity: the least of its requirements.
        settings: the variables that it ran with.
        requirements: sorted by id.
        inventory: before and after.
    """

    schema: int
    run_id: str
    started: str
    finished: str
    tool: Tool
    spec: SpecRef
    cluster: ClusterFacts
    fidelity: Fidelity
    settings: Mapping[str, JSON]
    requirements: tuple[RequirementResult, ...]
    inventory: InventorySummary
