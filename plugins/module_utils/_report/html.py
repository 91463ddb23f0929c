# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole report as one HTML page that needs nothing but itself.

No script, no font, no picture: a content security policy forbids the browser to load anything, whatever a cluster may have written
into its objects. Readable without colour, by keyboard and screen reader, on paper, in the light and in the dark.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import Level, Status

from . import compare_words, excerpt, moves_words
from .blocks import in_html
from .certificate import sentence as certified
from .compare import Comparison
from .html_checks import section
from .html_parts import code, facts, table, verdict
from .html_style import SHEET
from .judgement import server_version
from .lint.metadata import is_placeholder
from .markup import Element, Node, document, el
from .product import Entry, Product
from .wording import HOW_TO_READ, REHEARSAL

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render(product: Product, comparison: Comparison | None = None) -> str:
    """The page's text."""
    title = f"AI conformance: {product.title}"
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        el("meta", name="referrer", content="no-referrer"),
        el("title", f"{REHEARSAL}: {title}" if product.rehearsal else title),
        el("style", SHEET),
    )
    sections = [section(product, entry, entry.result) for entry in product.entries if entry.result]
    body = el(
        "body",
        el("a", "Skip to the requirements", href="#requirements", class_="skip"),
        el("header", *_mark(product), el("h1", title), *_lead(product), _contents(product, compared=comparison is not None)),
        el("main", _requirements(product), *_compared(comparison), *sections, *_ending(product)),
        _footer(product),
        class_="marked" if product.rehearsal else "",
    )
    return document(el("html", head, body, lang="en"))


def _compared(comparison: Comparison | None) -> Iterator[Element]:
    if comparison:
        yield in_html(compare_words.blocks(comparison), title=compare_words.TITLE, identifier="compared")


def _ending(product: Product) -> Iterator[Element]:
    yield in_html(moves_words.blocks(product), title=moves_words.TITLE, identifier="versions")
    yield from (_cluster(product), _clean_up(product), _replay(product))


def _contents(product: Product, *, compared: bool) -> Element:
    links = [
        ("requirements", "Requirements"),
        *([("compared", compare_words.TITLE)] if compared else []),
        *((entry.requirement.id, entry.requirement.id) for entry in product.entries if entry.result),
        ("versions", moves_words.TITLE),
        ("cluster", "What it ran on"),
        ("clean-up", "Clean-up"),
        ("replay", "Judge it again"),
    ]
    return el("nav", el("ul", *(el("li", el("a", words, href=f"#{target}")) for target, words in links)), aria_label="Contents")


def _mark(product: Product) -> Iterator[Element]:
    if product.mark:
        yield el("p", product.mark, class_="mark", role="note")


def _lead(product: Product) -> Iterator[Element]:
    musts = [entry for entry in product.entries if entry.requirement.level is Level.MUST]
    met = sum(entry.status is Status.IMPLEMENTED for entry in musts)
    verified = sum(entry.result is not None for entry in product.entries)
    counted = (
        f"{met} of {len(musts)} MUST requirements implemented; {verified} of {len(product.entries)} requirements verified in this run."
    )
    yield el("p", counted, class_="lead")
    run = product.source.run
    yield facts(
        [
            ("run", code(run.run_id)),
            ("from … to", f"{run.started} … {run.finished}"),
            ("tool", f"{run.tool.name} {run.tool.version}"),
            ("Kubernetes", server_version(product.source)),
            ("fidelity", run.fidelity),
            *((key, value) for key, value in product.metadata.items() if key != "kubernetesVersion" and not is_placeholder(value)),
            *([("certificate", certified(product.certificate, run))] if product.certificate else []),
        ]
    )


def _requirements(product: Product) -> Element:
    rows = [_row(entry) for entry in product.entries]
    heading = ("requirement", "level", "status", "verdict", "fidelity", "controls", "seconds", "in one sentence")
    caption = f"All requirements of the checklist for {product.specification.version}"
    note = [el("p", sentence, class_="soft") for sentence in HOW_TO_READ]
    return el("section", el("h2", "Requirements"), table(caption, heading, rows, numbers=(6,)), *note, id="requirements")


def _row(entry: Entry) -> tuple[Node, ...]:
    result, identifier, status = entry.result, entry.requirement.id, el("span", entry.status, class_="whole")
    if result is None:
        return (identifier, entry.requirement.level, status, verdict("unverified"), "", "", "", "Not verified in this run.")
    return (
        el("a", identifier, href=f"#{identifier}"),
        entry.requirement.level,
        status,
        verdict(result.verdict),
        result.fidelity,
        f"{result.controls.flipped} of {result.controls.total}",
        f"{result.seconds:.1f}",
        result.sentence,
    )


def _cluster(product: Product) -> Element:
    cluster = product.source.run.cluster
    nodes = [(node.name, node.kubelet, node.os_image, node.runtime, "yes" if node.simulated else "no") for node in cluster.nodes]
    images = [
        (f"{component.namespace}/{component.name}", component.kind, code(image.image), code(image.image_id))
        for component in cluster.components
        for image in component.images
    ]
    return el(
        "section",
        el("h2", "What it ran on"),
        facts([("fingerprint", code(cluster.fingerprint))]),
        table("Nodes", ("node", "kubelet", "system", "runtime", "simulated"), nodes),
        table("Components of the platform and what they run", ("component", "kind", "image", "digest"), images),
        id="cluster",
    )


def _clean_up(product: Product) -> Element:
    inventory = product.source.run.inventory
    rows = [
        (kind, str(inventory.before.get(kind, 0)), str(inventory.after.get(kind, 0)))
        for kind in sorted({*inventory.before, *inventory.after})
    ]
    if inventory.leaked:
        names = ", ".join(f"{ref.kind} {ref.namespace}/{ref.name} ({ref.uid})" for ref in inventory.leaked)
        sentence = f"Left behind by the run: {names}."
    else:
        sentence = "The run left nothing behind."
    counted = table("Objects in the cluster before and after the run", ("kind", "before", "after"), rows, numbers=(1, 2))
    doubts = [el("p", words) for words in excerpt.uncompared(inventory)]
    return el("section", el("h2", "Clean-up"), el("p", sentence), counted, *doubts, id="clean-up")


def _replay(product: Product) -> Element:
    return el(
        "section",
        el("h2", "Judge it again"),
        el("p", "The run directory holds every observation. Neither the cluster nor an accelerator is needed to judge it again:"),
        el("pre", "\n".join(excerpt.replay_commands(product.source.run))),
        id="replay",
    )


def _footer(product: Product) -> Element:
    specification = product.specification
    rows = [
        ("checklist", f"{specification.file}, sha256 {specification.sha256}"),
        ("manifest of the run", f"sha256 {product.source.manifest_sha256}"),
    ]
    return el("footer", facts((name, code(value)) for name, value in rows))
