# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about the requirements' own fields: A7–A10, I1–I5, T1, T5, R1."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.ailab.conformance.plugins.module_utils._report.wording import REHEARSAL
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import Level, Requirement, Status

from .context import Context
from .document import Entry
from .finding import Finding, shown

_STATUSES = tuple(status.value for status in Status)


def check(context: Context) -> Iterator[Finding]:
    """All findings about categories, ids, texts, levels, statuses and notes."""
    yield from _completeness(context)
    for entry in context.document.entries:
        requirement = context.specification.find(entry.text("id"))
        if requirement is None or requirement.category != entry.category:
            expected = f"only the requirements of {context.specification.file}, each in its category"
            yield context.finding(
                "I3", where=entry.where, line=entry.line, found=f"the requirement {shown(entry.text('id'))}", expected=expected
            )
            continue
        yield from _texts(context, entry, requirement)
        yield from _status(context, entry, requirement)
        yield from _notes(context, entry, requirement)


def _completeness(context: Context) -> Iterator[Finding]:
    present = {(entry.category, entry.text("id")) for entry in context.document.entries}
    for category in context.specification.categories:
        if category not in context.document.categories:
            yield context.finding("A7", where=f"spec.{category}", found="nothing", expected="the category with its requirements")
            continue
        for requirement in context.specification.in_category(category):
            if (category, requirement.id) not in present:
                yield context.finding("A7", where=f"spec.{category}.{requirement.id}", found="nothing", expected="the requirement")
    for category, line in context.document.categories.items():
        if category not in context.specification.categories:
            expected = f"only {', '.join(context.specification.categories)}"
            yield context.finding("I3", where=f"spec.{category}", line=line, found="a category of another version", expected=expected)


def _texts(context: Context, entry: Entry, requirement: Requirement) -> Iterator[Finding]:
    description = entry.text("description")
    if description != requirement.description:
        owners = [other.version for other in context.others if (same := other.find(requirement.id)) and same.description == description]
        rule, found = ("T5", f"the text of {', '.join(owners)}") if owners else ("I1", shown(description))
        expected = f"the text of {context.specification.version}, unmodified: {shown(requirement.description)}"
        yield context.finding(rule, where=f"{entry.where}.description", line=entry.line_of("description"), found=found, expected=expected)
    if entry.text("level") != requirement.level:
        found = shown(entry.text("level"))
        yield context.finding("I2", where=f"{entry.where}.level", line=entry.line_of("level"), found=found, expected=requirement.level)


def _status(context: Context, entry: Entry, requirement: Requirement) -> Iterator[Finding]:
    status, where, line = entry.text("status"), f"{entry.where}.status", entry.line_of("status")
    if requirement.level is Level.SHOULD and not status and not entry.evidence:
        return
    if status not in _STATUSES:
        yield context.finding("A8", where=where, line=line, found=shown(status), expected=f"one of {', '.join(_STATUSES)}")
        return
    if status == Status.NOT_APPLICABLE and not entry.text("notes").strip():
        expected = "why the requirement does not apply; that it is not supported is no reason"
        yield context.finding("A10", where=f"{entry.where}.notes", line=entry.line_of("notes"), found="nothing", expected=expected)
    if requirement.level is Level.MUST and status != Status.IMPLEMENTED:
        yield from _unmet_must(context, entry, requirement)


def _unmet_must(context: Context, entry: Entry, requirement: Requirement) -> Iterator[Finding]:
    status, where, line = entry.text("status"), f"{entry.where}.status", entry.line_of("status")
    if status == Status.NOT_APPLICABLE and requirement.condition:
        if requirement.condition.validator_accepts:
            expected = "Implemented, or a reviewer who runs the newer validator: releases A and C refuse N/A on every MUST"
            yield context.finding("T1", where=where, line=line, found=status, expected=expected)
            return
        expected = "Implemented: the FAQ allows N/A on a conditional MUST, but no release of the validator does on this one"
        yield context.finding("A9", where=where, line=line, found=status, expected=expected)
        return
    yield context.finding("A9", where=where, line=line, found=shown(status), expected="Implemented")


def _notes(context: Context, entry: Entry, requirement: Requirement) -> Iterator[Finding]:
    notes, line = entry.text("notes"), entry.line_of("notes")
    if REHEARSAL in notes:
        expected = "a run on real accelerators: simulated evidence must not be submitted"
        yield context.finding("R1", where=f"{entry.where}.notes", line=line, found=f"the mark {REHEARSAL!r}", expected=expected)
    if requirement.level is Level.MUST and not notes.strip() and entry.text("status") != Status.NOT_APPLICABLE:
        expected = "who provides the feature and how it was verified"
        yield context.finding("I4", where=f"{entry.where}.notes", line=line, found="nothing", expected=expected)
    if entry.text("status") == Status.IMPLEMENTED and not entry.evidence:
        yield context.finding(
            "I5", where=f"{entry.where}.evidence", line=entry.line, found="an empty list", expected="at least one piece of evidence"
        )
