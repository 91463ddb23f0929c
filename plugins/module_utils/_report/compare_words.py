# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A comparison in words, for the Markdown page and the HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import CheckResult, RequirementResult

from .blocks import Block, Cell, Code, Heading, Judged, Paragraph, Table, page
from .compare import SLOWER_BY, SLOWER_SECONDS, Change, Comparison, Pair, turns
from .product import Product

TITLE = "Compared with an earlier run"


def render(product: Product, comparison: Comparison) -> str:
    """The Markdown page."""
    return page(TITLE, blocks(comparison), mark=product.mark)


def blocks(comparison: Comparison) -> Iterator[Block]:
    """The whole comparison, what matters most first."""
    before, after = comparison.before, comparison.after
    for number, sentence in enumerate(_verdict(comparison)):
        yield Paragraph(text=sentence, strong=number == 0)
    cluster = "the same cluster" if comparison.same_cluster else "another cluster: the fingerprints differ"
    yield Paragraph(text=f"Run {after.run_id} of {after.started} beside run {before.run_id} of {before.started}, on {cluster}.")
    yield from _requirements(comparison)
    yield from _checks(comparison)
    yield from _versions(comparison)
    yield from _times(comparison)
    yield Paragraph(text=f"Manifests: sha256 {comparison.manifests.before} before, {comparison.manifests.after} now.")


def _verdict(comparison: Comparison) -> Iterator[str]:
    if comparison.nothing_changed:
        yield "Nothing changed: versions, verdicts, fidelity, checks and the reasons of both sides are the same. Only times differ."
        return
    if comparison.worse:
        yield f"No longer proven: {', '.join(comparison.worse)}."
    if comparison.better:
        yield f"Proven now, and not before: {', '.join(comparison.better)}."
    if not comparison.worse and not comparison.better:
        yield "No requirement that both runs verified is proven in one of them only."
    counts = (
        (len(comparison.added), "added"),
        (len(comparison.gone), "gone"),
        (len(comparison.turned), "with another outcome"),
    )
    yield f"Checks: {', '.join(f'{count} {what}' for count, what in counts)}. Versions that differ: {len(comparison.versions)}."


def _requirements(comparison: Comparison) -> Iterator[Block]:
    rows = tuple(_requirement(pair) for pair in comparison.requirements)
    heading = ("requirement", "before", "now", "fidelity", "seconds before", "seconds now")
    yield Table(caption="Requirements of both runs", heading=heading, rows=rows, numbers=(4, 5))
    for pair in comparison.moved:
        if pair.after:
            yield Paragraph(text=f"{pair.after.id} now: {pair.after.sentence}")


def _requirement(pair: Pair[RequirementResult | None]) -> tuple[Cell, ...]:
    known = [result for result in (pair.before, pair.after) if result]
    return (
        known[0].id,
        Judged(pair.before.verdict if pair.before else "unverified"),
        Judged(pair.after.verdict if pair.after else "unverified"),
        " → ".join(dict.fromkeys(result.fidelity for result in known)),
        f"{pair.before.seconds:.1f}" if pair.before else "",
        f"{pair.after.seconds:.1f}" if pair.after else "",
    )


def _checks(comparison: Comparison) -> Iterator[Block]:
    yield Heading(text="Checks")
    rows = tuple(
        (f"{pair.after.id}: {pair.after.title}", change.what, change.before, change.after, words)
        for pair in comparison.turned
        for change, words in _turned(pair)
    )
    if rows:
        heading = ("check", "side", "before", "now", "seen now")
        yield Table(caption="Checks with another outcome, and the side that changed", heading=heading, rows=rows)
    else:
        yield Paragraph(text="No check of both runs has another verdict, another fidelity, or another reason on one of its sides.")
    yield from _listed("Checks that the earlier run did not make", comparison.added)
    yield from _listed("Checks that only the earlier run made", comparison.gone)


def _turned(pair: Pair[CheckResult]) -> Iterator[tuple[Change, str]]:
    """What changed about a check, with what was seen now. The sentence of the whole is that of a side, so it stands only by itself."""
    changes, check = turns(pair), pair.after
    said = {"subject": check.subject.sentence, "control": check.control.sentence}
    for change in changes:
        yield change, said.get(change.what, check.sentence if len(changes) == 1 else "")


def _listed(caption: str, checks: Sequence[CheckResult]) -> Iterator[Block]:
    if checks:
        rows = tuple((check.id, check.requirement, check.title, Judged(check.verdict)) for check in checks)
        yield Table(caption=caption, heading=("check", "requirement", "title", "verdict"), rows=rows)


def _versions(comparison: Comparison) -> Iterator[Block]:
    yield Heading(text="Versions")
    if not comparison.versions:
        yield Paragraph(text="Kubernetes, nodes, components with their images and digests, tool, settings and checklist are the same.")
        return
    rows = tuple((change.what, Code(change.before), Code(change.after)) for change in comparison.versions)
    yield Table(caption="What it ran on and with, where it differs; a dash stands for none", heading=("what", "before", "now"), rows=rows)


def _times(comparison: Comparison) -> Iterator[Block]:
    yield Heading(text="Times")
    yield Paragraph(
        text="The time of a check is that from its first observation to its last, and includes waiting for accelerators in use."
    )
    named = (("Checks that took notably longer", comparison.slower), ("Checks that took notably less", comparison.faster))
    rule = f"at least {SLOWER_SECONDS:g} s and {SLOWER_BY:g} times"
    if not any(pairs for _, pairs in named):
        yield Paragraph(text=f"No check took notably longer or less ({rule}).")
    for caption, pairs in named:
        if pairs:
            rows = tuple((p.after.id, p.after.title, f"{p.before.seconds:.2f}", f"{p.after.seconds:.2f}") for p in pairs)
            heading = ("check", "title", "seconds before", "seconds now")
            yield Table(caption=f"{caption} ({rule})", heading=heading, rows=rows, numbers=(2, 3))
