# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of the report's modules, and the way from them to typed values and from results to plain ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader

from . import certificate
from .lint.finding import RULES, Finding
from .order import METADATA, Claim, Order, ReportError, Target
from .product import Product

REPORT_ARGUMENTS: Mapping[str, Any] = {
    "run_dir": {"type": "path", "required": True},
    "dest": {"type": "path", "required": True},
    "kubernetes_version": {"type": "str"},
    "target": {"type": "str", "choices": [target.value for target in Target], "default": Target.REHEARSAL.value},
    "product": {"type": "dict", "options": {name: {"type": "str"} for name in METADATA}},
    "requirements": {
        "type": "list",
        "elements": "dict",
        "options": {
            "id": {"type": "str", "required": True},
            "layer": {"type": "str"},
            "notes": {"type": "str"},
            "evidence": {"type": "list", "elements": "str"},
            "not_applicable": {"type": "str"},
        },
    },
    "compare_with": {"type": "path"},
    "compare_in": {"type": "path"},
    "merged": {"type": "str"},
    "force": {"type": "bool", "default": False},
}
"""Arguments of ``conformance_report``."""

REPORT_EXCLUSIVE = [["compare_with", "compare_in"]]
"""Those of them that exclude each other."""

LINT_ARGUMENTS: Mapping[str, Any] = {
    "paths": {"type": "list", "elements": "path", "required": True},
    "kubernetes_version": {"type": "str"},
    "accept": {"type": "list", "elements": "str", "choices": list(RULES), "default": []},
    "network": {"type": "bool", "default": False},
    "landscape": {"type": "path"},
    "merged": {"type": "str"},
}
"""Arguments of ``product_lint``."""


def order(params: Mapping[str, Any], *, verified_version: str) -> Order:
    """What the caller of ``conformance_report`` wants.

    Args:
        params: arguments after validation.
        verified_version: the version that the run was made for; it is the default.

    Raises:
        ReportError: a requirement is named twice, or the date of the merge is none.
        SpecificationError: the version has no checklist.
    """
    claims: dict[str, Claim] = {}
    for given in params["requirements"] or []:
        identifier = str(given["id"])
        if identifier in claims:
            raise ReportError(f"requirements names {identifier} twice, expected one entry for each requirement")
        claims[identifier] = Claim(
            layer=given["layer"] or "",
            notes=given["notes"] or "",
            evidence=tuple(given["evidence"] or ()),
            not_applicable=given["not_applicable"] or "",
        )
    try:
        merged = certificate.read(params["merged"]) if params["merged"] else None
    except certificate.MergedError as error:
        raise ReportError(str(error)) from error
    return Order(
        specification=loader.load(params["kubernetes_version"] or verified_version),
        target=Target(params["target"]),
        metadata={name: value for name, value in (params["product"] or {}).items() if value is not None},
        claims=claims,
        certificate=merged,
    )


def requirements(product: Product) -> list[dict[str, Any]]:
    """Every requirement of the checklist as a plain value for the task's result."""
    return [
        {
            "requirement": entry.requirement.id,
            "level": entry.requirement.level.value,
            "status": entry.status.value,
            "verdict": entry.result.verdict.value if entry.result else None,
            "fidelity": entry.result.fidelity.value if entry.result else None,
            "seconds": entry.result.seconds if entry.result else None,
            "sentence": entry.result.sentence if entry.result else "not verified in this run",
        }
        for entry in product.entries
    ]


def certified(merged: certificate.Certificate, today: date) -> dict[str, Any]:
    """A certificate as a plain value for the task's result."""
    return {"merged": str(merged.merged), "expires": str(merged.expires), "days_left": merged.days_left(today)}


def findings(found: Sequence[Finding], *, accept: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The linter's findings as plain values for the task's result."""
    return [
        {
            "rule": finding.rule,
            "title": RULES[finding.rule].title,
            "source": RULES[finding.rule].source,
            "severity": finding.severity.value,
            "path": finding.path,
            "line": finding.line,
            "where": finding.where,
            "found": finding.found,
            "expected": finding.expected,
            "accepted": finding.rule in accept,
        }
        for finding in found
    ]
