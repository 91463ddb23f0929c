# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence pages: one Markdown page for each verified requirement, to be read like a laboratory's notebook.

For every check it says what was asked, what was seen, what would have been seen on a broken platform, and what was seen where it was
broken on purpose: by the negative control. What that is taken from lies folded up behind each check, observation by observation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import RequirementResult
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict

from . import excerpt
from .escape import markdown, markdown_block, markdown_code
from .judgement import server_version, unverified
from .md_parts import code, mark, table
from .product import Entry, Product
from .sealed import CheckEvidence
from .wording import HOW_TO_READ

JSON = Any

PAGE_LIMIT = 450_000
"""Bytes of a page. GitHub shows a Markdown file above 512 KB as plain text (documentation: limits for viewing content)."""
_LIMITS = (excerpt.LIMIT, 1000, 500, 250, 100)


def render(product: Product, entry: Entry, result: RequirementResult) -> str:
    """The page of one requirement, with as much of each observation as a page can hold.

    Args:
        product: the whole answer, for the run and the watermark.
        entry: the requirement's part of it.
        result: what the run found about it.
    """
    pages = (_page(product, entry, result, limit=limit) for limit in _LIMITS)
    return next((page for page in pages if len(page.encode()) <= PAGE_LIMIT), _page(product, entry, result, limit=0))


def _page(product: Product, entry: Entry, result: RequirementResult, *, limit: int) -> str:
    checks = product.source.of(result)
    lines = [
        *_head(product, entry, result),
        *_summary(checks),
        *(line for check in checks for line in _check(check, limit=limit)),
        *_clean_up(product, result),
        *_replay(product),
    ]
    return "\n".join(lines) + "\n"


def _head(product: Product, entry: Entry, result: RequirementResult) -> Iterator[str]:
    run, specification = product.source.run, product.specification
    yield f"# {markdown(entry.requirement.id)}: evidence"
    yield ""
    yield from mark(product.mark)
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
        ("Took", f"{result.seconds:.1f} s from the first observation to the last"),
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
    yield from (line for sentence in HOW_TO_READ for line in (markdown(sentence), ""))
    rows = [
        (
            f"[{markdown(check.result.id)}](#{_anchor(check)})",
            markdown(check.result.title),
            "mandatory" if check.result.mandatory else "optional",
            f"**{check.result.verdict}**",
            f"{check.result.control.kind}, {_state(check)}",
            check.result.fidelity,
            f"{check.result.seconds:.2f}",
            markdown(check.result.sentence),
        )
        for check in checks
    ]
    yield from table(("check", "title", "", "verdict", "control", "fidelity", "seconds", "what was seen"), rows)


def _state(check: CheckEvidence) -> str:
    state = excerpt.control_state(check.result.control)
    return f"**{state}**" if state == excerpt.NOT_FLIPPED else state


def _check(check: CheckEvidence, *, limit: int) -> Iterator[str]:
    result = check.result
    yield f'<a id="{_anchor(check)}"></a>'
    yield ""
    yield f"## {markdown(result.id)}: {markdown(result.title)}"
    yield ""
    yield f"**Asked:** {markdown(result.asks)}"
    yield ""
    if result.verdict is Verdict.NOT_RUN:
        yield f"**Not run:** {markdown(result.sentence)}"
        yield ""
        yield f"**Had it been broken:** {markdown(result.broken_looks_like)}"
        yield ""
    else:
        yield from _sides(check)
    sources = f" Sources: {markdown(', '.join(result.sources))}." if result.sources else ""
    duty = "mandatory" if result.mandatory else "optional"
    yield f"Started {markdown(result.started)}, took {result.seconds:.2f} s, fidelity {result.fidelity}, {duty}.{sources}"
    yield ""
    yield from _observations(check, limit=limit)


def _sides(check: CheckEvidence) -> Iterator[str]:
    result, subject, control = check.result, check.result.subject, check.result.control
    yield f"**Seen:** {markdown(subject.sentence)}"
    yield ""
    yield f"**Had it been broken:** {markdown(result.broken_looks_like)}"
    yield ""
    yield f"**{excerpt.control_heading(control)}:** {markdown(control.sentence)}"
    yield ""
    more = "" if result.sentence == subject.sentence else f": {markdown(result.sentence)}"
    yield f"**Verdict:** {result.verdict} ({markdown_code(result.reason)}){more}"
    yield ""
    rows = [
        ("tried", code(excerpt.compact(subject.variant)), code(excerpt.compact(control.variant))),
        ("must be judged", f"**{Verdict.PASS}**", f"**{Verdict.FAIL}**, {code(control.expected_reason)}"),
        ("was judged", f"**{subject.verdict}**, {code(subject.reason)}", f"**{control.verdict}**, {code(control.reason)}"),
        ("so", markdown(excerpt.subject_outcome(subject)), markdown(excerpt.control_outcome(control))),
    ]
    yield from table(("", "subject", f"negative control, {control.kind}"), rows)


def _observations(check: CheckEvidence, *, limit: int) -> Iterator[str]:
    if not check.observations:
        return
    yield f"<details><summary>What this is taken from: {len(check.observations)} observations, in the order seen</summary>"
    yield ""
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
    if not limit:
        yield "They are too many for a page to hold what each of them says: that is in the run directory."
        yield ""
    for observation in check.observations if limit else ():
        name, digest = markdown_code(observation.name), markdown_code(observation.digest)
        yield f"{observation.n}. {observation.side}, {name}, at {markdown(observation.at)}, {digest}"
        yield ""
        if observation.request and observation.request.body is not None:
            yield "Sent:"
            yield ""
            yield _data(observation.request.body, limit=limit)
            yield ""
        yield _data(observation.data, limit=limit)
        yield ""
    yield "</details>"
    yield ""


def _clean_up(product: Product, result: RequirementResult) -> Iterator[str]:
    inventory = product.source.run.inventory
    yield "## Clean-up"
    yield ""
    if result.leaked:
        yield "These objects of the requirement's checks were still there when their clean-up ended:"
        yield ""
        yield from table(
            ("kind", "namespace", "name", "uid"), [(code(o.kind), code(o.namespace), code(o.name), code(o.uid)) for o in result.leaked]
        )
    else:
        yield "Everything that the checks created was removed."
        yield ""
    yield "Objects in the cluster before and after the whole run. Other people's come and go, so a difference alone is no leak:"
    yield ""
    kinds = sorted({*inventory.before, *inventory.after})
    yield from table(
        ("kind", "before", "after"), [(code(kind), str(inventory.before.get(kind, 0)), str(inventory.after.get(kind, 0))) for kind in kinds]
    )
    for sentence in excerpt.uncompared(inventory):
        yield markdown(sentence)
        yield ""


def _replay(product: Product) -> Iterator[str]:
    yield "## Judge it again"
    yield ""
    yield "The run directory holds every observation whole. Neither the cluster nor an accelerator is needed to judge it again:"
    yield ""
    commands = "\n".join(excerpt.replay_commands(product.source.run))
    yield markdown_block(commands, language="shell")
    yield ""
    yield "The first command names every file that was changed. The manifest's own sha256 must be"
    yield f"{markdown_code(product.source.manifest_sha256)}."


def _data(value: JSON, *, limit: int) -> str:
    return markdown_block(excerpt.block(value, limit=limit), language="text" if isinstance(value, str) else "json")


def _anchor(check: CheckEvidence) -> str:
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in check.result.id).lower()
