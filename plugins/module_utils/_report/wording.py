# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that several parts of a report must say in exactly the same way."""

from __future__ import annotations

REHEARSAL = "REHEARSAL, NOT A SUBMISSION"
"""Stands in the title and in every note of a report whose evidence is not from real accelerators. The linter looks for it."""

TOOL = "ailab.conformance"
"""The collection's name."""

PRODUCT_FILE = "PRODUCT.yaml"
PRODUCT_PAGE = "PRODUCT.md"
HTML_PAGE = "index.html"
JUNIT_FILE = "ailab-conformance.junit.xml"
"""Not ``junit.xml``: the programme's validator parses a file of that name as the official suite's output."""

EVIDENCE_FOLDER = "evidence"


def evidence_page(requirement: str) -> str:
    """Path of a requirement's evidence page below the report's folder."""
    return f"{EVIDENCE_FOLDER}/{requirement}.md"
