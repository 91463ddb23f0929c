# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides what a run lets a product say about itself: statuses, evidence and notes for one version of the checklist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import RequirementResult
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Fidelity
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import Requirement, Specification, Status

from .answers import answer
from .certificate import Certificate
from .escape import one_line
from .judgement import server_version, unverified
from .lint.metadata import REQUIRED, is_placeholder
from .order import METADATA, OPTIONAL, Claim, Order, ReportError, Target
from .refusal import reasons
from .sealed import Evidence
from .wording import REHEARSAL, evidence_page


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One requirement as the product answers it.

    Attributes:
        requirement: id, text and level from the checklist.
        status: what the run allows.
        evidence: paths below the report's folder, and addresses.
        notes: never empty.
        result: what the run found; None where it was not verified.
    """

    requirement: Requirement
    status: Status
    evidence: tuple[str, ...]
    notes: str
    result: RequirementResult | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The product's answer to a checklist.

    Attributes:
        specification: the checklist.
        source: the run.
        rehearsal: why this is no submission; None for a submission.
        metadata: by the keys of PRODUCT.yaml, in the template's order.
        entries: in the order of the checklist.
        certificate: of an earlier submission; None where nobody named its merge.
    """

    specification: Specification
    source: Evidence
    rehearsal: str | None
    metadata: Mapping[str, str]
    entries: tuple[Entry, ...]
    certificate: Certificate | None

    @property
    def mark(self) -> str | None:
        """The watermark with its reason, as a sentence; None for a submission."""
        return None if self.rehearsal is None else f"{REHEARSAL}: {self.rehearsal}."

    @property
    def title(self) -> str:
        """The product's name and the version, as far as they are known."""
        name = self.metadata["platformName"]
        return f"{'an unnamed product' if is_placeholder(name) else name}, {self.specification.version}"


def compose(order: Order, source: Evidence) -> Product:
    """The product's answer.

    Raises:
        ReportError: a claim does not fit the checklist, or the target is a submission that this run or these words do not carry.
    """
    problems = reasons(order, source)
    if problems:
        raise ReportError("; ".join(problems))
    rehearsal = _why_rehearsal(order, source)
    entries = tuple(_entry(requirement, order, source, rehearsal=rehearsal) for requirement in order.specification.requirements)
    return Product(
        specification=order.specification,
        source=source,
        rehearsal=rehearsal,
        metadata=dict(_metadata(order)),
        entries=entries,
        certificate=order.certificate,
    )


def _why_rehearsal(order: Order, source: Evidence) -> str | None:
    if order.target is Target.SUBMISSION:
        return None
    if source.run.fidelity is Fidelity.SIMULATED:
        return "the accelerators behind this evidence are simulated (fidelity: simulated)"
    if source.run.fidelity is Fidelity.PARTIAL:
        return "part of the platform behind this evidence is simulated (fidelity: partial)"
    return "made as a rehearsal"


def _entry(requirement: Requirement, order: Order, source: Evidence, *, rehearsal: str | None) -> Entry:
    claim, result = order.claims.get(requirement.id, Claim()), source.result(requirement.id)
    why_not = unverified(requirement, source)
    status = _status(why_not, claim)
    sentences = [
        f"{REHEARSAL}: {rehearsal}" if rehearsal else "",
        f"Does not apply: {claim.not_applicable}" if claim.not_applicable else f"Layer: {claim.layer or 'not stated'}",
        _verdict(result) if result else "",
        f"Not called implemented: {why_not}" if why_not and not claim.not_applicable else "",
        f"Run {source.run.run_id} of {source.run.started} on Kubernetes {server_version(source)}, manifest sha256 {source.manifest_sha256}",
        answer(requirement, source).words if requirement.partial and result is None else "",
        claim.notes,
    ]
    page = (evidence_page(requirement.id),) if result else ()
    return Entry(
        requirement=requirement,
        status=status,
        evidence=(*page, *claim.evidence),
        notes=" ".join(_closed(one_line(sentence)) for sentence in sentences if sentence.strip()),
        result=result,
    )


def _status(why_not: str | None, claim: Claim) -> Status:
    if claim.not_applicable:
        return Status.NOT_APPLICABLE
    return Status.IMPLEMENTED if why_not is None else Status.NOT_IMPLEMENTED


def _verdict(result: RequirementResult) -> str:
    checks, controls = len(result.checks), result.controls
    return (
        f"Verdict: {result.verdict}, fidelity {result.fidelity}, {checks} checks, "
        f"{controls.flipped} of {controls.total} negative controls flipped, {result.seconds:.1f} s: {result.sentence}"
    )


def _metadata(order: Order) -> Iterator[tuple[str, str]]:
    """The template's keys in its order, then the one that most templates forget; a placeholder for what nobody said."""
    given = {key: order.metadata[name] for name, key in METADATA.items() if order.metadata.get(name, "").strip()}
    template = {**order.specification.metadata, **{key: f"[{key}]" for key in REQUIRED if key not in order.specification.metadata}}
    for key, placeholder in template.items():
        if key == "kubernetesVersion":
            yield key, order.specification.version
        elif key in given or key not in OPTIONAL:
            yield key, given.get(key, placeholder)


def _closed(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
