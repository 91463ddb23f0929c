# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides what a run lets a product say about itself: statuses, evidence and notes for one version of the checklist."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import RequirementResult
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Fidelity, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import (
    Requirement,
    Specification,
    SpecificationError,
    Status,
    minor_of,
)

from .escape import one_line
from .lint.document import snake_case
from .lint.metadata import REQUIRED, is_placeholder
from .sealed import Evidence
from .wording import REHEARSAL, evidence_page

OPTIONAL = ("repoUrl",)
METADATA = {snake_case(key): key for key in (*REQUIRED, *OPTIONAL) if key != "kubernetesVersion"}
"""The product's own metadata: name for people who write YAML for Ansible → key in PRODUCT.yaml. The version comes from the checklist."""


class ReportError(Exception):
    """The report cannot be made of this run and these words; the message lists every reason."""


class Target(enum.StrEnum):
    """What a report is for."""

    REHEARSAL = enum.auto()
    SUBMISSION = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the vendor adds to a requirement; nothing here can turn a verdict.

    Attributes:
        layer: who provides the feature: infrastructure, platform, an add-on. The FAQ asks for it on layered products.
        notes: free text after the generated notes.
        evidence: further addresses, after the evidence page.
        not_applicable: why a conditional requirement does not apply; empty when it does.
    """

    layer: str = ""
    notes: str = ""
    evidence: tuple[str, ...] = ()
    not_applicable: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the caller wants.

    Attributes:
        specification: the version of the checklist to fill.
        target: rehearsal or submission.
        metadata: by the keys of ``METADATA``; what is missing becomes the template's placeholder in a rehearsal.
        claims: by requirement id.
    """

    specification: Specification
    target: Target
    metadata: Mapping[str, str]
    claims: Mapping[str, Claim]


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
    """

    specification: Specification
    source: Evidence
    rehearsal: str | None
    metadata: Mapping[str, str]
    entries: tuple[Entry, ...]

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
    problems = [*_claims(order, source), *(_submission(order, source) if order.target is Target.SUBMISSION else ())]
    if problems:
        raise ReportError("; ".join(problems))
    rehearsal = _why_rehearsal(order, source)
    entries = tuple(_entry(requirement, order, source, rehearsal=rehearsal) for requirement in order.specification.requirements)
    return Product(specification=order.specification, source=source, rehearsal=rehearsal, metadata=dict(_metadata(order)), entries=entries)


def unverified(requirement: Requirement, source: Evidence) -> str | None:
    """Why a requirement may not be called implemented after this run; None when it may.

    A requirement is implemented when its verdict is pass, every check that the checklist's coverage names as mandatory is among the
    passed ones with a control that flipped, and the clean-up left nothing (design section 4.2).
    """
    result = source.result(requirement.id)
    if result is None:
        return "not verified in this run"
    if result.verdict is not Verdict.PASS:
        return f"the verdict is {result.verdict}"
    if result.leaked:
        return f"the clean-up left objects behind: {len(result.leaked)}"
    if requirement.coverage is None:
        return "this release of the collection does not know which checks decide it"
    checks = source.of(result)
    unflipped = [check.result.id for check in checks if check.result.mandatory and not check.result.control.flipped]
    if unflipped:
        return f"no negative control flipped for {', '.join(unflipped)}"
    passed = {check.result.id for check in checks if check.result.verdict is Verdict.PASS}
    missing = [identifier for identifier in requirement.coverage.mandatory if identifier not in passed]
    return f"not fully verified, without a passed check {', '.join(missing)}" if missing else None


def server_version(source: Evidence) -> str:
    """The API server's version as it names itself, e.g. ``v1.34.4``."""
    return one_line(str(source.run.cluster.version.get("gitVersion", "unknown")))


def _why_rehearsal(order: Order, source: Evidence) -> str | None:
    if order.target is Target.SUBMISSION:
        return None
    if source.run.fidelity is not Fidelity.REAL:
        return f"the accelerators behind this evidence are not real (fidelity: {source.run.fidelity})"
    return "made as a rehearsal"


def _claims(order: Order, source: Evidence) -> Iterator[str]:
    for identifier, claim in order.claims.items():
        try:
            requirement = order.specification.get(identifier)
        except SpecificationError as error:
            yield f"requirements[{identifier}]: {error}"
            continue
        if not claim.not_applicable:
            continue
        if requirement.condition is None:
            yield f"requirements[{identifier}].not_applicable: the requirement is not conditional, so it cannot be {Status.NOT_APPLICABLE}"
        elif source.result(identifier) is not None:
            yield f"requirements[{identifier}].not_applicable: the run has verified the requirement, so it does apply"


def _submission(order: Order, source: Evidence) -> Iterator[str]:
    if source.run.fidelity is not Fidelity.REAL:
        yield f"run {one_line(source.run.run_id)} has fidelity {source.run.fidelity}, and a submission needs real: use target rehearsal"
    cluster, wanted = server_version(source), order.specification.version
    if _minor(cluster) != minor_of(wanted):
        yield f"the run was made on Kubernetes {cluster}, and a submission for {wanted} needs a cluster of that version"
    missing = [name for name, key in METADATA.items() if key not in OPTIONAL and not order.metadata.get(name, "").strip()]
    if missing:
        yield f"a submission needs {', '.join(f'product.{name}' for name in missing)}"
    silent = [
        requirement.id
        for requirement in order.specification.requirements
        if unverified(requirement, source) is None and not order.claims.get(requirement.id, Claim()).layer.strip()
    ]
    if silent:
        yield f"a submission names who provides each feature: requirements[].layer is missing for {', '.join(silent)}"


def _minor(version: str) -> int | None:
    try:
        return minor_of(version)
    except SpecificationError:
        return None


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
