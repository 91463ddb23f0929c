# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other versions of the checklist in words, for the Markdown page and the HTML page."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import minor_of

from .answers import Standing
from .blocks import Block, Heading, Paragraph, Table, page
from .judgement import server_version
from .lint.metadata import REQUIRED
from .moves import Move, Step, moves, wishes
from .product import Product

TITLE = "The same run in other versions of the checklist"


def render(product: Product) -> str:
    """The Markdown page."""
    return page(TITLE, blocks(product), mark=product.mark)


def blocks(product: Product) -> Iterator[Block]:
    """Every other version, then the SHOULDs of all."""
    here, source = product.specification, product.source
    yield Paragraph(
        text=f"The report is for {here.version}. What another version asks is held here against the evidence of the same run, made on "
        f"Kubernetes {server_version(source)}. A submission for another version needs a run on a cluster of that version."
    )
    for move in moves(here, source):
        yield from _move(move)
    yield Heading(text="Every SHOULD, and what is known of it")
    yield Paragraph(
        text="A SHOULD need not be met. A check is named for what it proves by itself, and no requirement is called implemented for a part "
        "of it."
    )
    rows = tuple(
        (w.requirement.id, ", ".join(w.versions), w.answer.standing, ", ".join(w.answer.checks), w.answer.words) for w in wishes(source)
    )
    yield Table(caption="The SHOULDs of all versions", heading=("requirement", "SHOULD in", "this run", "checks", "in words"), rows=rows)


def _move(move: Move) -> Iterator[Block]:
    way = move.difference
    yield Heading(text=f"What changes {_direction(way.before, way.after)} {way.after}")
    yield Paragraph(text=f"This run proves {move.proven} of its {len(move.musts)} MUST requirements.", strong=True)
    if move.changed:
        rows = tuple(
            (step.requirement.id, step.change, step.answer.standing, ", ".join(step.answer.checks), _words(step)) for step in move.changed
        )
        yield Table(
            caption=f"What differs from {way.before}", heading=("requirement", "change", "this run", "checks", "in words"), rows=rows
        )
    else:
        yield Paragraph(text="No requirement changes.")
    for standing in Standing:
        same = [step.requirement.id for step in move.kept if step.answer.standing is standing]
        if same:
            yield Paragraph(text=f"Unchanged and {standing}: {', '.join(same)}.")
    template = [
        *(f"{key} is in its template" for key in way.metadata_added),
        *(f"{key} is not in its template{', though the validator requires it' if key in REQUIRED else ''}" for key in way.metadata_removed),
    ]
    if template:
        yield Paragraph(text=f"Metadata: {'; '.join(template)}.")


def _words(step: Step) -> str:
    """The answer; that to a SHOULD without checks of its own stands once, at the end of the page."""
    return "see the last table" if step.requirement.partial else step.answer.words


def _direction(before: str, after: str) -> str:
    return "if you move to" if minor_of(after) > minor_of(before) else "if you go back to"
