# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules, and what a broken one looks like."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ansible_collections.ailab.conformance.plugins.module_utils._report.certificate import TERMS

_A = "validator, release A (August 2026)"
_B = "validator, release B (September 2026)"
_C = "validator, release C"
_I = "instructions.md of the programme"


class Severity(enum.StrEnum):
    """What becomes of a file with such a finding."""

    ERROR = "error"
    """A validator or a reviewer refuses the file."""
    WARNING = "warning"
    """Accepted by some, questioned by others."""
    NOTE = "note"
    """Accepted, but known to cause trouble later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    Attributes:
        title: the rule as a sentence that a good file makes true.
        severity: of its findings, unless a finding says otherwise.
        source: who asks for it.
    """

    title: str
    severity: Severity
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken rule at one place.

    Attributes:
        rule: id, a key of ``RULES``.
        severity: what becomes of the file.
        path: the file.
        line: counted from 1; None where the finding is about something that is not there.
        where: place in the document, e.g. ``spec.accelerators.dra_support.evidence``.
        found: what stands there.
        expected: what should.
    """

    rule: str
    severity: Severity
    path: str
    line: int | None
    where: str
    found: str
    expected: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.severity} {self.rule} {self.where}: found {self.found}, expected {self.expected}"


RULES = {
    "A1": Rule(title="the file lies in v1.NN/<product>/PRODUCT.yaml", severity=Severity.WARNING, source=_A),
    "A2": Rule(title="the file is YAML of the checklist's shape, without duplicate keys", severity=Severity.ERROR, source=_A),
    "A3": Rule(title="every required metadata value is a filled string", severity=Severity.ERROR, source=_A),
    "A4": Rule(title="k8sConformanceUrl points to a directory of cncf/k8s-conformance", severity=Severity.ERROR, source=_A),
    "A5": Rule(title="every metadata address answers", severity=Severity.ERROR, source=_A),
    "A6": Rule(title="vendorName is a member's name in the CNCF landscape", severity=Severity.ERROR, source=_A),
    "A7": Rule(title="every category and requirement of the checklist is there", severity=Severity.ERROR, source=_A),
    "A8": Rule(title="a status is one of the four", severity=Severity.ERROR, source=_A),
    "A9": Rule(title="every MUST is Implemented", severity=Severity.ERROR, source=_A),
    "A10": Rule(title="N/A is justified in the notes", severity=Severity.ERROR, source=_A),
    "A11": Rule(title="every piece of evidence can be reached", severity=Severity.ERROR, source=_A),
    "B2": Rule(title="local evidence lies in the product's own directory", severity=Severity.ERROR, source=_B),
    "B3": Rule(title="test artefacts show the requirement's test, passed, and no failed one", severity=Severity.ERROR, source=_B),
    "B4": Rule(title="from v1.37 on, automatically tested requirements carry a test artefact", severity=Severity.WARNING, source=_B),
    "C1": Rule(title="the logo is an SVG, EPS or AI file", severity=Severity.ERROR, source=_C),
    "I1": Rule(title="descriptions are unmodified", severity=Severity.ERROR, source=_I),
    "I2": Rule(title="levels are unmodified", severity=Severity.ERROR, source=_I),
    "I3": Rule(title="there is nothing but the checklist's requirements", severity=Severity.ERROR, source=_I),
    "I4": Rule(title="every MUST has notes", severity=Severity.WARNING, source=_I),
    "I5": Rule(title="what is Implemented has evidence", severity=Severity.WARNING, source=_I),
    "I6": Rule(title="contactEmailAddress is an e-mail address", severity=Severity.WARNING, source=_I),
    "I7": Rule(title="kubernetesVersion is the version of the directory", severity=Severity.ERROR, source=_I),
    "T1": Rule(title="N/A on a conditional MUST: the FAQ allows it, only newer validators do", severity=Severity.WARNING, source="trap 1"),
    "T2": Rule(title="k8sConformanceUrl is there although most templates lack it", severity=Severity.ERROR, source="trap 2"),
    "T3": Rule(title="productLogoUrl is there although the instructions call it optional", severity=Severity.ERROR, source="trap 3"),
    "T4": Rule(title="evidence is a list, never a single text", severity=Severity.ERROR, source="trap 4"),
    "T5": Rule(title="descriptions are those of the file's own version", severity=Severity.ERROR, source="trap 5"),
    "T6": Rule(title="e2e.log, junit.xml and results.json hold the official suite's Go tests", severity=Severity.ERROR, source="trap 6"),
    "T7": Rule(title="kubernetesVersion is a minor version", severity=Severity.ERROR, source="trap 7"),
    "T8": Rule(title="evidence does not hang on web pages alone", severity=Severity.NOTE, source="trap 8"),
    "T9": Rule(title="no address is a placeholder", severity=Severity.ERROR, source="trap 9"),
    "V1": Rule(title="the certificate holds: one year from the merge", severity=Severity.ERROR, source=TERMS),
    "R1": Rule(title="the file is no rehearsal", severity=Severity.ERROR, source="this collection: simulated evidence is not submitted"),
}
"""All rules by id. A, B and C: the validator's releases; I: the instructions; T: traps that others fell into; V: validity; R: our own."""


def shown(value: object) -> str:
    """A value of the file for a message: quoted, and cut where it is long."""
    text = repr(value)
    return text if len(text) <= 90 else f"{text[:60]}…{text[-20:]}"
