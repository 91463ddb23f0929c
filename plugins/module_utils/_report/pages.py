# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence pages: one Markdown page for each verified requirement, to be read like a laboratory's notebook.

For every check it says what was asked, what was seen, and what would have been seen on a broken platform, with the subject and its
negative control side by side, and every observation with its time and digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import RequirementResult

from . import excerpt
from .escape import markdown, markdown_block, markdown_code
from .judgement import server_version, unverified
from .product import Entry, Product
from .sealed import CheckEvidence

JSON = Any


def render(product: Product, entry: Entry, result: RequirementResult) -> str:
    """The page of one requirement.

    Args:
        product: the whole answer, for the run and the watermark.
        entry: the requirement's part of it.
        result: what the run found about it.
    """
    checks = product.source.of(result)
    lines = [
        *_head(product, entry, result),
        *_summary(checks),
        *(line for check in checks for line in _check(check)),
        *_clean_up(product, result),
        *_replay(product),
    ]
    return "\n".join(lines) + "\n"


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A Markdown table of cells that are escaped already, followed by a blank line."""
    yield f"| {' | '.join(heading)} |"
    yield f"|{'---|' * len(heading)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def code(text: str) -> str:
    """A table cell in code."""
    return markdown_code(text, in_table=True)


def _head(product: Product, entry: Entry, result: RequirementResult) -> Iterator[str]:
    run, specification = product.source.run, product.specification
    yield f"# {markdown(entry.requirement.id)}: evidence"
    yield ""
    if product.mark:
        yield f"> **{markdown(product.mark)}**"
        yield ""
    yield f"{entry.requirement.level} in {specification.version}, category {markdown(entry.requirement.category)}:"
    yield ""
    yield f"> {markdown(entry.requirement.description)}"
    yield ""
    why_not = unverified(entry.requirement, product.source)
    tool = markdown(f"{run.tool.name} {run.tool.version}")
    facts = [
        ("Verdict", f"**{result.verdict}**, fidelity {result.fidelity}"),
        ("In one sentence", markdown(result.sentence)),
        ("Status", f"{entry.status}{f', because: {markdown(why_not)}' if why_not else ''}"),
        ("Controls", f"{result.controls.flipped} of {result.controls.total} negative controls flipped"),
        ("Took", f"{result.seconds:.1f} s"),
        ("Run", f"{code(run.run_id)}, {markdown(run.started)} to {markdown(run.finished)}, by {tool}"),
        ("Cluster", f"Kubernetes {code(server_version(product.source))}, nodes: {len(run.cluster.nodes)}"),
        ("Fingerprint of the cluster", code(run.cluster.fingerprint)),
        ("Checklist", f"{code(specification.file)}, sha256 {code(specification.sha256)}"),
        ("Manifest of the run", f"sha256 {code(product.source.manifest_sha256)}"),
    ]
    yield from table(("", ""), facts)


def _summary(checks: Sequence[CheckEvidence]) -> Iterator[str]:
    yield "## In short"
    yield ""
    rows = [
        (
            f"[{markdown(check.result.id)}](#{_anchor(check)})",
            markdown(check.result.title),
            f"**{check.result.verdict}**",
            f"{check.result.control.kind}, {'flipped' if check.result.control.flipped else '**not flipped**'}",
            f"{check.result.seconds:.2f}",
            markdown(check.result.sentence),
        )
        for check in checks
    ]
    yield from table(("check", "title", "verdict", "control", "seconds", "what was seen"), rows)


def _check(check: CheckEvidence) -> Iterator[str]:
    result = check.result
    yield f'<a id="{_anchor(check)}"></a>'
    yield ""
    yield f"## {markdown(result.id)}: {markdown(result.title)}"
    yield ""
    yield f"**Asked:** {markdown(result.asks)}"
    yield ""
    yield f"**Seen:** {markdown(result.sentence)}"
    yield ""
    yield f"**Had it been broken:** {markdown(result.broken_looks_like)}"
    yield ""
    yield f"**Verdict:** {result.verdict} ({markdown_code(result.reason)})"
    yield ""
    subject, control = result.subject, result.control
    rows = [
        ("tried", code(excerpt.compact(subject.variant)), code(excerpt.compact(control.variant))),
        ("judged", f"**{subject.verdict}**, {code(subject.reason)}", f"**{control.verdict}**, {code(control.reason)}"),
        ("in words", markdown(subject.sentence), markdown(control.sentence)),
        ("so", "what a conformant platform must serve", markdown(excerpt.control_outcome(control))),
    ]
    yield from table(("", "subject", f"negative control ({markdown(excerpt.control_kind(control))})"), rows)
    sources = f" Sources: {markdown(', '.join(result.sources))}." if result.sources else ""
    duty = "mandatory" if result.mandatory else "asked because the platform serves the feature"
    yield f"Started {markdown(result.started)}, took {result.seconds:.2f} s, fidelity {result.fidelity}, {duty}.{sources}"
    yield ""
    yield from _observations(check)


def _observations(check: CheckEvidence) -> Iterator[str]:
    if not check.observations:
        return
    rows = [
        (
            str(observation.n),
            excerpt.after(observation, check.result),
            observation.side,
            code(observation.name),
            code(excerpt.request(observation)),
            code(excerpt.short_digest(observation.digest)),
        )
        for observation in check.observations
    ]
    yield from table(("#", "after", "side", "observation", "request", "sha256"), rows)
    yield f"<details><summary>The {len(rows)} observations as recorded</summary>"
    yield ""
    for observation in check.observations:
        name, digest = markdown_code(observation.name), markdown_code(observation.digest)
        yield f"{observation.n}. {observation.side}, {name}, at {markdown(observation.at)}, {digest}"
        yield ""
        if observation.request and observation.request.body is not None:
            yield "Sent:"
            yield ""
            yield _data(observation.request.body)
            yield ""
        yield _data(observation.data)
        yield ""
    yield "</details>"
    yield ""


def _clean_up(product: Product, result: RequirementResult) -> Iterator[str]:
    inventory = product.source.run.inventory
    yield "## Clean-up"
    yield ""
    if result.leaked:
        yield "These objects of the run could not be removed:"
        yield ""
        yield from table(
            ("kind", "namespace", "name", "uid"), [(code(o.kind), code(o.namespace), code(o.name), code(o.uid)) for o in result.leaked]
        )
    else:
        yield "Everything that the checks created was removed. Objects of these kinds in the cluster before and after the run:"
        yield ""
    kinds = sorted({*inventory.before, *inventory.after})
    yield from table(
        ("kind", "before", "after"), [(code(kind), str(inventory.before.get(kind, 0)), str(inventory.after.get(kind, 0))) for kind in kinds]
    )


def _replay(product: Product) -> Iterator[str]:
    yield "## Judge it again"
    yield ""
    yield "The run directory holds every observation. Neither the cluster nor an accelerator is needed to judge it again:"
    yield ""
    commands = "\n".join(excerpt.replay_commands(product.source.run))
    yield markdown_block(commands, language="shell")
    yield ""
    yield "The first command names every file that was changed. The manifest's own sha256 must be"
    yield f"{markdown_code(product.source.manifest_sha256)}."


def _data(value: JSON) -> str:
    return markdown_block(excerpt.block(value), language="text" if isinstance(value, str) else "json")


def _anchor(check: CheckEvidence) -> str:
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in check.result.id).lower()
