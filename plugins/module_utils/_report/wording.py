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
VERSIONS_PAGE = "versions.md"
COMPARISON_PAGE = "comparison.md"
JUNIT_FILE = "ailab-conformance.junit.xml"
"""Not ``junit.xml``: the programme's validator parses a file of that name as the official suite's output."""

HOW_TO_READ = (
    (
        "Each check asks its question twice, of the same evaluator: about what a conformant platform must serve, the subject, and about a "
        "variant that must be judged a failure, the negative control. It passes when the subject passes and the control fails for the very "
        "reason that it was made for: the control flipped."
    ),
    (
        "A live control was made on the cluster. A recorded one was judged from facts that were written down, because the cluster cannot "
        "be made to show them. Optional checks do not decide the verdict. The time of a check includes waiting for accelerators in use."
    ),
)
"""What a reader of evidence needs to know first."""

EVIDENCE_FOLDER = "evidence"


def evidence_page(requirement: str) -> str:
    """Path of a requirement's evidence page below the report's folder."""
    return f"{EVIDENCE_FOLDER}/{requirement}.md"
