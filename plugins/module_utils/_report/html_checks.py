# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the HTML page about one verified requirement: its checks in time, and each check with its control beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import CheckResult, Observation, RequirementResult
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict

from . import excerpt
from .html_parts import code, facts, table, verdict
from .judgement import unverified
from .markup import Element, Node, el
from .product import Entry, Product
from .sealed import CheckEvidence

JSON = Any

_LIMIT = 600
"""Characters of an observation: the page holds those of all requirements. The evidence pages show more, the run directory all."""


def section(product: Product, entry: Entry, result: RequirementResult) -> Element:
    """Everything about one requirement."""
    checks = product.source.of(result)
    why_not = unverified(entry.requirement, product.source)
    rows: list[tuple[str, Node]] = [
        ("verdict", verdict(result.verdict)),
        ("in one sentence", result.sentence),
        ("status", f"{entry.status}, because: {why_not}" if why_not else entry.status),
        ("fidelity", result.fidelity),
        ("controls", f"{result.controls.flipped} of {result.controls.total} negative controls flipped"),
    ]
    leaked = [f"{ref.kind} {ref.namespace}/{ref.name} ({ref.uid})" for ref in result.leaked]
    return el(
        "section",
        el("h2", result.id, id=f"{entry.requirement.id}-heading"),
        el("blockquote", entry.requirement.description),
        facts([*rows, *([("left behind", ", ".join(leaked))] if leaked else [])]),
        _timeline(checks),
        *(_check(check) for check in checks),
        id=entry.requirement.id,
        aria_labelledby=f"{entry.requirement.id}-heading",
    )


def anchor(check: CheckResult) -> str:
    """The fragment of a check's part of the page: letters, digits and hyphens only."""
    return "check-" + "".join(char if char.isascii() and char.isalnum() else "-" for char in check.id)


def _timeline(checks: Sequence[CheckEvidence]) -> Element:
    spans = [_span(check.result) for check in checks]
    known = [span for span in spans if span]
    first, last = min((span[0] for span in known), default=0.0), max((span[1] for span in known), default=0.0)
    rows = [
        (
            el("a", check.result.id, href=f"#{anchor(check.result)}"),
            check.result.title,
            verdict(check.result.verdict),
            _state(check.result),
            f"{check.result.seconds:.2f}",
            _bar(span[0] - first, span[1] - first, whole=last - first, word=check.result.verdict) if span else "",
        )
        for check, span in zip(checks, spans, strict=True)
    ]
    return table("The checks, and when each of them ran", ("check", "title", "verdict", "control", "seconds", "when"), rows, numbers=(4,))


def _state(check: CheckResult) -> Node:
    state = excerpt.control_state(check.control)
    return el("strong", state) if state == excerpt.NOT_FLIPPED else state


def _span(check: CheckResult) -> tuple[float, float] | None:
    """Start and end in seconds of Unix time; None where the start cannot be read."""
    try:
        started = datetime.fromisoformat(check.started)
    except ValueError:
        return None
    return (started.timestamp(), started.timestamp() + check.seconds) if started.tzinfo else None


def _bar(start: float, end: float, *, whole: float, word: str) -> Element:
    """A bar from start to end, in seconds since the first check began."""
    left, right = (moment / (whole or 1) * 100 for moment in (start, end))
    bar = el("span", class_=f"bar {word}", style=f"left: {left:.2f}%; width: {right - left:.2f}%")
    return el("span", bar, class_="track", role="img", aria_label=f"from {start:.1f} to {end:.1f} seconds")


def _check(check: CheckEvidence) -> Element:
    result = check.result
    notes = [
        f"{result.seconds:.2f} s from {result.started}",
        f"fidelity {result.fidelity}",
        "mandatory" if result.mandatory else "optional",
    ]
    run = result.verdict is not Verdict.NOT_RUN
    return el(
        "article",
        el("div", el("h3", f"{result.id}: {result.title}"), verdict(result.verdict), class_="heading"),
        facts([("asked", result.asks), ("seen" if run else "not run", result.sentence), ("had it been broken", result.broken_looks_like)]),
        *([el("div", _subject(result), _control(result), class_="sides")] if run else []),
        el("p", "; ".join([*notes, *result.sources]), class_="soft"),
        *_observations(check),
        id=anchor(result),
    )


def _subject(result: CheckResult) -> Element:
    subject = result.subject
    return el(
        "div",
        el("h4", "Seen on the platform as it is: the subject"),
        el("p", code(excerpt.compact(subject.variant))),
        el("p", verdict(subject.verdict), " ", code(subject.reason)),
        el("p", subject.sentence),
        class_="side",
    )


def _control(result: CheckResult) -> Element:
    control = result.control
    return el(
        "div",
        el("h4", f"{excerpt.control_heading(control)}: the negative control"),
        el("p", code(excerpt.compact(control.variant))),
        el("p", verdict(control.verdict), " ", code(control.reason)),
        el("p", control.sentence),
        el(
            "p",
            el("strong" if not control.flipped else "span", f"It {excerpt.control_outcome(control)}."),
            f" It is {control.kind}.",
            class_="soft",
        ),
        class_="side",
    )


def _observations(check: CheckEvidence) -> Iterator[Element]:
    if not check.observations:
        return
    parts = (part for observation in check.observations for part in _observation(observation, check.result))
    yield el("details", el("summary", f"The {len(check.observations)} observations, in the order seen"), *parts)


def _observation(observation: Observation, check: CheckResult) -> Iterator[Element]:
    moment = f"{observation.n}. {observation.side}, {excerpt.after(observation, check)}: "
    yield el("p", moment, el("strong", observation.name), " from ", code(excerpt.request(observation)))
    if observation.request and observation.request.body is not None:
        yield el("pre", excerpt.block(observation.request.body, limit=_LIMIT))
    yield el("pre", excerpt.block(observation.data, limit=_LIMIT))
    yield el("p", code(observation.digest), class_="soft")
