# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs all rules over one file."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import Specification

from . import evidence, metadata, requirements
from .context import Context, Reach
from .document import Document, ShapeError, parse
from .finding import RULES, Finding, Severity, shown

_DIRECTORY = re.compile(r"(?:^|/)(v\d+\.\d+)/[^/]+/[^/]+$")


def lint(
    path: Path,
    *,
    content: str | None = None,
    kubernetes_version: str | None = None,
    reach: Reach | None = None,
    members: frozenset[str] | None = None,
    planned: frozenset[str] = frozenset(),
) -> list[Finding]:
    """Every finding about one PRODUCT.yaml, in the order of the file.

    Args:
        path: the file. Its folder is the product's directory, where local evidence is looked for.
        content: what the file holds; read from the path when None.
        kubernetes_version: the checklist to judge by; else that of the directory, else that of the file's own metadata.
        reach: tries addresses; None leaves the network alone (rules A5 and A11 then look at local files only).
        members: names of the CNCF's members; None leaves out rule A6.
        planned: relative paths of files that are about to be written beside the file.

    Raises:
        OSError: the file cannot be read.
        SpecificationError: the given version has no checklist, or the checklist is missing or altered.
    """
    try:
        document = parse(path.read_text(encoding="utf-8") if content is None else content)
    except ShapeError as error:
        return [_refused(path, error.rule, line=error.line, where=error.where, found=error.found, expected=error.expected)]
    except UnicodeDecodeError:
        return [_refused(path, "A2", line=None, where="the file", found="bytes that are no UTF-8", expected="text")]
    in_path = _DIRECTORY.search(path.absolute().as_posix())
    directory_version = in_path[1] if in_path else None
    specification = _specification(document, kubernetes_version or directory_version, given=kubernetes_version is not None)
    if isinstance(specification, str):
        return [
            _refused(path, "A1", line=None, where="the version", found=specification, expected=f"one of {', '.join(loader.versions())}")
        ]
    context = Context(
        path=path,
        document=document,
        specification=specification,
        others=tuple(loader.load(version) for version in loader.versions() if version != specification.version),
        directory_version=directory_version,
        reach=reach,
        members=members,
        planned=planned,
    )
    findings = [*metadata.check(context), *requirements.check(context), *evidence.check(context)]
    if directory_version is None:
        expected = f"{specification.version}/<product>/{path.name} when it is submitted"
        findings.append(context.finding("A1", where="the path", found=shown(path.name), expected=expected))
    return sorted(findings, key=lambda finding: (finding.line is not None, finding.line or 0))


def _specification(document: Document, version: str | None, *, given: bool) -> Specification | str:
    """The checklist, or the version found that has none. A version given by the caller must exist."""
    if version is None:
        value = document.meta("kubernetesVersion")
        version = ".".join(str(value.value).split(".")[:2]) if value else "none"
    known = given or f"v{version.removeprefix('v')}" in loader.versions()
    return loader.load(version) if known else shown(version)


def _refused(path: Path, rule: str, *, line: int | None, where: str, found: str, expected: str) -> Finding:
    severity = Severity.ERROR if rule == "A1" else RULES[rule].severity
    return Finding(rule=rule, severity=severity, path=str(path), line=line, where=where, found=found, expected=expected)
