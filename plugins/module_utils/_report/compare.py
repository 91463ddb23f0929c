# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares a run with an earlier one: what it ran on, what was found, how long it took. Pure: two runs in, differences out.

Sentences are not compared. They name the objects of their run, so they always differ; what decides is a verdict and its reason code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import CheckResult, RequirementResult, Run
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict

from .excerpt import NOT_FLIPPED, compact, control_state
from .judgement import server_version
from .sealed import Evidence

SLOWER_BY = 1.5
"""A check counts as slower or faster from this factor on,"""
SLOWER_SECONDS = 5.0
"""and from this many seconds: a short check doubles by chance."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A fact with another value; a dash stands for none."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair(Generic[T]):
    """A result of both runs."""

    before: T
    after: T


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs side by side.

    Attributes:
        before: the earlier run.
        after: the run of the report.
        manifests: digests of both manifests.
        versions: what it ran on and with, where it differs.
        requirements: every requirement of either run; None where one did not verify it.
        added: checks that only the later run made.
        gone: checks that only the earlier run made.
        turned: checks with another verdict or fidelity, or another verdict or reason on one of their sides.
        slower: checks that took notably longer, the worst first.
        faster: checks that took notably less, the best first.
    """

    before: Run
    after: Run
    manifests: Pair[str]
    versions: tuple[Change, ...]
    requirements: tuple[Pair[RequirementResult | None], ...]
    added: tuple[CheckResult, ...]
    gone: tuple[CheckResult, ...]
    turned: tuple[Pair[CheckResult], ...]
    slower: tuple[Pair[CheckResult], ...]
    faster: tuple[Pair[CheckResult], ...]

    @property
    def same_cluster(self) -> bool:
        """Whether both runs were made on one cluster in its one life."""
        return self.before.cluster.fingerprint == self.after.cluster.fingerprint

    @property
    def moved(self) -> tuple[Pair[RequirementResult | None], ...]:
        """The requirements whose verdict or fidelity differs, or that one run did not verify."""
        return tuple(pair for pair in self.requirements if outcome(pair.before) != outcome(pair.after))

    @property
    def worse(self) -> tuple[str, ...]:
        """The requirements that were proven before and are not now, though they were verified."""
        return tuple(b.id for b, a in self._both if b.verdict is Verdict.PASS and a.verdict is not Verdict.PASS)

    @property
    def better(self) -> tuple[str, ...]:
        """The requirements that were verified but not proven before, and are proven now."""
        return tuple(b.id for b, a in self._both if b.verdict is not Verdict.PASS and a.verdict is Verdict.PASS)

    @property
    def nothing_changed(self) -> bool:
        """Whether only times differ."""
        return not (self.versions or self.moved or self.added or self.gone or self.turned)

    @property
    def _both(self) -> Iterator[tuple[RequirementResult, RequirementResult]]:
        return ((pair.before, pair.after) for pair in self.requirements if pair.before and pair.after)


def compare(before: Evidence, after: Evidence) -> Comparison:
    """Puts an earlier run beside a later one."""
    old, new = _results(before), _results(after)
    both = [Pair(before=old[identifier], after=result) for identifier, result in new.items() if identifier in old]
    slower = [pair for pair in both if _notably(pair.before.seconds, pair.after.seconds)]
    faster = [pair for pair in both if _notably(pair.after.seconds, pair.before.seconds)]
    identifiers = sorted({result.id for run in (before.run, after.run) for result in run.requirements})
    return Comparison(
        before=before.run,
        after=after.run,
        manifests=Pair(before=before.manifest_sha256, after=after.manifest_sha256),
        versions=tuple(_changes(_facts(before), _facts(after))),
        requirements=tuple(Pair(before=before.result(identifier), after=after.result(identifier)) for identifier in identifiers),
        added=tuple(result for identifier, result in new.items() if identifier not in old),
        gone=tuple(result for identifier, result in old.items() if identifier not in new),
        turned=tuple(pair for pair in both if turns(pair)),
        slower=tuple(sorted(slower, key=lambda pair: pair.before.seconds - pair.after.seconds)),
        faster=tuple(sorted(faster, key=lambda pair: pair.after.seconds - pair.before.seconds)),
    )


def outcome(result: RequirementResult | None) -> str:
    """What a requirement came to, in a word or three."""
    return "not verified" if result is None else f"{result.verdict}, {result.fidelity}"


def turns(pair: Pair[CheckResult]) -> list[Change]:
    """What of a check differs, by side: the check as a whole, its subject, its negative control."""

    def parts(check: CheckResult) -> Mapping[str, str]:
        subject, control = check.subject, check.control
        return {
            "check": f"{check.verdict}, {check.fidelity}",
            "subject": f"{subject.verdict}: {subject.reason}",
            "control": f"{control.verdict}: {control.reason}{f', {NOT_FLIPPED}' if control_state(control) == NOT_FLIPPED else ''}",
        }

    return list(_changes(parts(pair.before), parts(pair.after)))


def _results(source: Evidence) -> Mapping[str, CheckResult]:
    return {check.result.id: check.result for requirement in source.run.requirements for check in source.of(requirement)}


def _notably(less: float, more: float) -> bool:
    return more - less >= SLOWER_SECONDS and more >= less * SLOWER_BY


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for what in dict.fromkeys((*before, *after)):
        was, now = before.get(what, "–"), after.get(what, "–")
        if was != now:
            yield Change(what=what, before=was, after=now)


def _facts(source: Evidence) -> Mapping[str, str]:
    """Everything with a version. Nodes come and go under made-up names, so they are counted by what they run."""
    run, nodes = source.run, source.run.cluster.nodes
    images = {
        f"{component.namespace}/{component.name} ({component.kind})": ", ".join(_image(i.image, i.image_id) for i in component.images)
        for component in run.cluster.components
    }
    return {
        "Kubernetes": server_version(source),
        "tool": f"{run.tool.name} {run.tool.version}",
        "checklist": f"{run.spec.file}, sha256 {run.spec.sha256[:12]}",
        "kubelets": _counted(node.kubelet for node in nodes),
        "systems": _counted(node.os_image for node in nodes),
        "runtimes": _counted(node.runtime for node in nodes),
        "nodes with simulated accelerators": str(sum(node.simulated for node in nodes)),
        **{f"setting {name}": compact(value) for name, value in run.settings.items()},
        **images,
    }


def _image(name: str, digest: str) -> str:
    return f"{name} ({digest.rpartition('sha256:')[2][:12] or 'no digest'})"


def _counted(values: Iterable[str]) -> str:
    return ", ".join(f"{value} on {count}" for value, count in sorted(Counter(values).items()))
