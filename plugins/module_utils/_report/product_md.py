# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRODUCT.md: PRODUCT.yaml for people, with what it ran on, how to judge it again, and what the next version asks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader
from ansible_collections.ailab.conformance.plugins.module_utils._spec.difference import difference
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import Specification

from . import excerpt
from .certificate import sentence
from .compare import Comparison
from .escape import markdown, markdown_block
from .md_parts import code, mark, table
from .product import Entry, Product
from .wording import COMPARISON_PAGE, HTML_PAGE, JUNIT_FILE, PRODUCT_FILE, VERSIONS_PAGE, evidence_page

_ADDRESS = re.compile(r"https?://[^\s<>|\\]+")


def render(product: Product, comparison: Comparison | None = None) -> str:
    """The page's text."""
    lines = [
        *_head(product, comparison),
        *_requirements(product),
        *_ran_on(product),
        *_reproduce(product),
        *_next_version(product.specification),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _head(product: Product, comparison: Comparison | None) -> Iterator[str]:
    yield f"# AI conformance: {markdown(product.title)}"
    yield ""
    yield from mark(product.mark)
    yield f"[{PRODUCT_FILE}]({PRODUCT_FILE}) in words. All on one page: [{HTML_PAGE}]({HTML_PAGE}). For machines: `{JUNIT_FILE}`."
    yield ""
    more = f"Other versions: [{VERSIONS_PAGE}]({VERSIONS_PAGE})."
    yield f"{more} An earlier run beside it: [{COMPARISON_PAGE}]({COMPARISON_PAGE})." if comparison else more
    yield ""
    yield from table(("", ""), [(code(key), _value(value)) for key, value in product.metadata.items()])
    if product.certificate:
        yield markdown(sentence(product.certificate, product.source.run))
        yield ""


def _requirements(product: Product) -> Iterator[str]:
    yield "## Requirements"
    yield ""
    yield from table(("requirement", "level", "status", "verdict", "evidence"), [_row(entry) for entry in product.entries])
    for entry in product.entries:
        yield f"### {markdown(entry.requirement.id)}"
        yield ""
        yield f"> {markdown(entry.requirement.description)}"
        yield ""
        yield markdown(entry.notes)
        yield ""


def _row(entry: Entry) -> tuple[str, ...]:
    page = evidence_page(entry.requirement.id)
    evidence = [f"[{page}]({page})" if item == page else _value(item) for item in entry.evidence]
    verdict = f"{entry.result.verdict}, {entry.result.fidelity}" if entry.result else "not verified"
    return (markdown(entry.requirement.id), entry.requirement.level, entry.status, verdict, ", ".join(evidence) or "none")


def _ran_on(product: Product) -> Iterator[str]:
    cluster = product.source.run.cluster
    yield "## What it ran on"
    yield ""
    yield from table(
        ("node", "kubelet", "system", "runtime", "simulated"),
        [(code(n.name), code(n.kubelet), markdown(n.os_image), code(n.runtime), "yes" if n.simulated else "no") for n in cluster.nodes],
    )
    images = [(component, image) for component in cluster.components for image in component.images]
    yield from table(
        ("namespace", "component", "image", "digest"),
        [(code(c.namespace), code(f"{c.kind}/{c.name}"), code(image.image), code(image.image_id)) for c, image in images],
    )


def _reproduce(product: Product) -> Iterator[str]:
    yield "## How to reproduce"
    yield ""
    yield "Judge the recorded evidence again, without a cluster:"
    yield ""
    yield markdown_block("\n".join(excerpt.replay_commands(product.source.run)), language="shell")
    yield ""
    yield "Verify a cluster anew and write this report:"
    yield ""
    yield markdown_block("ansible-playbook ailab.conformance.verify\nansible-playbook ailab.conformance.report", language="shell")
    yield ""


def _next_version(specification: Specification) -> Iterator[str]:
    later = loader.versions()[loader.versions().index(specification.version) + 1 :]
    if not later:
        return
    change = difference(specification, loader.load(later[0]))
    yield f"## What {change.after} will ask"
    yield ""
    yield from (f"- {markdown(words)}" for words in change.sentences())
    yield ""
    yield f"What this run says about it: [{VERSIONS_PAGE}]({VERSIONS_PAGE})."
    yield ""


def _value(value: str) -> str:
    """A metadata value or a further piece of evidence: an address as a link, anything else as text."""
    return f"<{value}>" if _ADDRESS.fullmatch(value) else markdown(value)
