# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a report cannot be made: every reason at once, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Fidelity
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import SpecificationError, Status, minor_of

from .escape import one_line
from .judgement import server_version, unverified
from .lint.metadata import EMAIL, is_placeholder
from .order import METADATA, OPTIONAL, Claim, Order, Target
from .sealed import Evidence


def reasons(order: Order, source: Evidence) -> list[str]:
    """Everything that speaks against this report; empty when it can be made."""
    submission = _submission(order, source) if order.target is Target.SUBMISSION else ()
    return [*_words(order), *_claims(order, source), *submission]


def _words(order: Order) -> Iterator[str]:
    """Values that were given and cannot be meant, whatever the report is for."""
    for name, value in order.metadata.items():
        text, where = value.strip(), f"product.{name} is {value!r}"
        if not text:
            continue
        if is_placeholder(text):
            yield f"{where}, a placeholder of the template: give the product's own value, or leave it out"
        elif len(value.splitlines()) > 1:
            yield f"{where}, expected one line"
        elif name.endswith("_url") and not _is_address(text):
            yield f"{where}, expected an address that begins with https:// or http://"
        elif name == "contact_email_address" and not EMAIL.fullmatch(text):
            yield f"{where}, expected an e-mail address"


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in text


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
