# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From findings to verdicts. Pure: a replay comes to the same bytes. Source: design section 4.2."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .codec import dump
from .documents import CheckResult, ControlResult, Controls, RequirementResult, SubjectResult
from .fidelity import fidelity, least
from .inputs import CleanUp
from .observations import ERROR, PRECONDITION, Seen
from .verdict import Finding, Side, Verdict

if TYPE_CHECKING:
    from .check import Check

JSON = Any

_PRECEDENCE = (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.NOT_RUN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A requirement of the specification.

    Attributes:
        id: ``dra_support``.
        category: section of the checklist.
        level: ``MUST`` or ``SHOULD``.
    """

    id: str
    category: str
    level: str


def side(check: Check[Any], seen: Seen) -> Finding:
    """The finding of one side.

    An evaluator that stumbles over the shape of an observation has found nothing: that is an error of the check, and the same one
    whenever the observations are judged again.
    """
    broken, missing = seen.last(ERROR), seen.last(PRECONDITION)
    if broken is not None:
        return Finding(Verdict.ERROR, str(broken.get("reason")), str(broken.get("sentence")))
    if missing is not None:
        return Finding(Verdict.NOT_RUN, str(missing.get("reason")), str(missing.get("sentence")))
    try:
        return check.evaluate(seen)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as problem:
        sentence = f"{check.id} cannot read its observations ({type(problem).__name__}: {problem}): see observations.jsonl"
        return Finding(Verdict.ERROR, "observations-unreadable", sentence)


def verdict(check: Check[Any], subject: Finding, control: Finding) -> Finding:
    """The verdict of a check: the subject's, unless the control shows that the evaluator cannot tell."""
    if subject.verdict is not Verdict.PASS or flipped(check, control):
        return subject
    if control.verdict is Verdict.ERROR:
        return Finding(Verdict.ERROR, control.reason, f"the control broke: {control.sentence}")
    sentence = (
        f"the control came out as {control.verdict} ({control.reason}), expected fail ({check.control_reason}): "
        f"{check.id} cannot tell good from bad here. {control.sentence}"
    )
    return Finding(Verdict.INCONCLUSIVE, "control-did-not-flip", sentence)


def flipped(check: Check[Any], control: Finding) -> bool:
    """Whether the control failed for the reason that it was made for."""
    return (control.verdict, control.reason) == (Verdict.FAIL, check.control_reason)


def result(check: Check[Any], *, subject: Seen, control: Seen) -> CheckResult:
    """Everything about a check that its observations say."""
    about_subject, about_control = side(check, subject), side(check, control)
    concluded = verdict(check, about_subject, about_control)
    times = sorted(fact.at for seen in (subject, control) for fact in seen.facts)
    return CheckResult(
        id=check.id,
        requirement=check.requirement,
        title=check.title,
        asks=check.asks,
        broken_looks_like=check.broken_looks_like,
        mandatory=check.mandatory,
        verdict=concluded.verdict,
        reason=concluded.reason,
        sentence=concluded.sentence,
        fidelity=fidelity(fact.data for seen in (subject, control) for fact in seen.facts),
        subject=SubjectResult(
            verdict=about_subject.verdict,
            reason=about_subject.reason,
            sentence=about_subject.sentence,
            variant=dump(check.variant(Side.SUBJECT)),
        ),
        control=ControlResult(
            kind=check.control_kind,
            verdict=about_control.verdict,
            reason=about_control.reason,
            expected_reason=check.control_reason,
            flipped=flipped(check, about_control),
            sentence=about_control.sentence,
            variant=dump(check.variant(Side.CONTROL)),
        ),
        started=times[0] if times else "",
        seconds=seconds_between(times[0], times[-1]) if times else 0.0,
        sources=check.sources,
    )


def requirement(
    about: Requirement, results: Sequence[CheckResult], clean_up: CleanUp, *, withheld: Sequence[str] = ()
) -> RequirementResult:
    """The verdict of a requirement.

    It passes when every mandatory check passed and nothing was left behind. Otherwise the gravest verdict of a mandatory check counts,
    in the order fail, error, inconclusive, not_run, and within one verdict the first check of the list. Left-behind objects are a
    failure of their own (``cleanup``); a clean-up that could not be verified is an error. What is known to be wrong comes before what
    is not known.

    Args:
        about: the requirement.
        results: of its checks, in the order of the list.
        clean_up: what was left behind.
        withheld: ids of checks that were not to be run.
    """
    concluded = _concluded(results, clean_up, withheld)
    ended = [dt.datetime.fromisoformat(item.started) + dt.timedelta(seconds=item.seconds) for item in results if item.started]
    started = [dt.datetime.fromisoformat(item.started) for item in results if item.started]
    return RequirementResult(
        id=about.id,
        category=about.category,
        level=about.level,
        verdict=concluded.verdict,
        reason=concluded.reason,
        sentence=concluded.sentence,
        fidelity=least(item.fidelity for item in results),
        seconds=round((max(ended) - min(started)).total_seconds(), 3) if started else 0.0,
        checks=tuple(item.id for item in results),
        controls=Controls(total=len(results), flipped=sum(item.control.flipped for item in results)),
        leaked=clean_up.leaked,
        withheld=tuple(withheld),
    )


def seconds_between(first: str, last: str) -> float:
    """Seconds from one RFC 3339 time to another, to the millisecond."""
    return round((dt.datetime.fromisoformat(last) - dt.datetime.fromisoformat(first)).total_seconds(), 3)


def _concluded(results: Sequence[CheckResult], clean_up: CleanUp, withheld: Sequence[str]) -> Finding:
    graver = list(_problems(results, clean_up))
    if withheld:
        graver.append(
            Finding(
                Verdict.NOT_RUN, "checks-withheld", f"{', '.join(withheld)} withheld: not asked for, or in check mode, which makes nothing"
            )
        )
    if graver:
        return min(graver, key=lambda finding: _PRECEDENCE.index(finding.verdict))
    mandatory = [item for item in results if item.mandatory]
    if not mandatory:
        return Finding(Verdict.NOT_RUN, "no-checks", "no mandatory check was run")
    others = [item for item in results if not item.mandatory and item.verdict is not Verdict.PASS]
    remark = f"; optional: {', '.join(f'{item.id} {item.verdict} ({item.reason})' for item in others)}" if others else ""
    sentence = f"{len(mandatory)} mandatory checks passed, all their controls flipped, nothing was left behind{remark}"
    return Finding(Verdict.PASS, "all-passed", sentence)


def _problems(results: Sequence[CheckResult], clean_up: CleanUp) -> Iterable[Finding]:
    for item in results:
        if item.mandatory and item.verdict is not Verdict.PASS:
            yield Finding(item.verdict, item.reason, f"{item.id}: {item.sentence}")
    if clean_up.leaked:
        names = ", ".join(f"{ref.kind} {f'{ref.namespace}/' if ref.namespace else ''}{ref.name}" for ref in clean_up.leaked)
        if clean_up.problem:
            yield Finding(Verdict.ERROR, "cleanup-unverified", f"not known to be gone: {names}. {clean_up.problem}")
        else:
            yield Finding(Verdict.FAIL, "cleanup", f"left behind: {names}; expected nothing. See their finalizers and events.")
    elif clean_up.problem:
        yield Finding(Verdict.ERROR, "cleanup-unverified", f"not known to be as it was: {clean_up.problem}")
    for doubt in clean_up.doubts:
        yield Finding(Verdict.ERROR, "cleanup-unverified", doubt)
