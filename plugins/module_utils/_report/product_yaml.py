# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes PRODUCT.yaml in the style of the published templates.

The checklist's texts are written inside double quotes exactly as the template has them, so a reviewer's diff against the template
shows the product's own words and nothing else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from .escape import one_line
from .product import Entry, Product

_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def render(product: Product) -> str:
    """The file's text."""
    return "".join(f"{line}\n" for line in _lines(product))


def quoted(text: str) -> str:
    """The text as a double-quoted YAML scalar: printable characters as they are, all others as escapes (YAML 1.2 section 5.7)."""
    return f'"{"".join(_character(char) for char in text)}"'


def _lines(product: Product) -> Iterator[str]:
    run, specification = product.source.run, product.specification
    yield f"# Kubernetes AI Conformance Checklist: {one_line(product.title)}"
    if product.mark:
        yield f"# {product.mark}"
    yield f"# Filled from run {one_line(run.run_id)} of {one_line(run.tool.name)} {one_line(run.tool.version)}."
    yield f"# id, description and level are those of {specification.file} (sha256 {specification.sha256}), unmodified."
    yield ""
    yield "metadata:"
    for key, value in product.metadata.items():
        yield f"  {key}: {value if key == 'kubernetesVersion' else quoted(value)}"
    yield ""
    yield "spec:"
    for category in specification.categories:
        yield f"  {category}:"
        for entry in product.entries:
            if entry.requirement.category == category:
                yield from _entry(entry)


def _entry(entry: Entry) -> Iterator[str]:
    yield f"    - id: {entry.requirement.id}"
    yield f"      description: {quoted(entry.requirement.description)}"
    yield f"      level: {entry.requirement.level}"
    yield f"      status: {quoted(entry.status)}"
    if entry.evidence:
        yield "      evidence:"
        yield from (f"        - {quoted(item)}" for item in entry.evidence)
    else:
        yield "      evidence: []"
    yield f"      notes: {quoted(entry.notes)}"


def _character(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        code = ord(char)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return char
