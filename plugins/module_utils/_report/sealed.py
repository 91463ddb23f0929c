# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a sealed run directory, and refuses one that is not as it was sealed (design section 4.3)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.ailab.conformance.plugins.module_utils._engine import codec
from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import (
    SCHEMA,
    CheckResult,
    Observation,
    RequirementResult,
    Run,
)
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory, RunDirectoryError


class EvidenceError(Exception):
    """The directory holds no sealed run, or not the one that was sealed. The message names the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEvidence:
    """A check's result and what it was judged from, in the order seen."""

    result: CheckResult
    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A whole run.

    Attributes:
        run: ``run.json``.
        manifest_sha256: digest of the manifest, which stands for the digest of the whole directory.
        checks: by id.
    """

    run: Run
    manifest_sha256: str
    checks: Mapping[str, CheckEvidence]

    def of(self, requirement: RequirementResult) -> tuple[CheckEvidence, ...]:
        """The checks of a requirement in the order of the check list."""
        return tuple(self.checks[identifier] for identifier in requirement.checks)

    def result(self, requirement: str) -> RequirementResult | None:
        """What the run found out about a requirement; None where it was not verified."""
        return next((result for result in self.run.requirements if result.id == requirement), None)


def read(run_dir: Path) -> Evidence:
    """Reads a run after comparing every file with the manifest.

    Raises:
        EvidenceError: there is no sealed run, a file was changed, removed or added, or a document is malformed.
    """
    run_directory = RunDirectory(run_dir)
    try:
        differences = run_directory.differences()
        manifest = run_directory.manifest_file.read_bytes()
    except (RunDirectoryError, OSError) as error:
        raise EvidenceError(str(error)) from error
    if differences:
        raise EvidenceError(
            f"run directory {run_dir} is not as it was sealed: {'; '.join(differences)}. Take it as it was, or verify again"
        )
    try:
        run = codec.read(Run, run_dir / "run.json")
        if run.schema != SCHEMA:
            raise EvidenceError(
                f"{run_dir / 'run.json'} has schema {run.schema}, expected {SCHEMA}: use the collection's release that wrote it"
            )
        checks = {
            identifier: _check(run_dir, requirement.id, identifier) for requirement in run.requirements for identifier in requirement.checks
        }
    except (codec.MalformedDocumentError, OSError) as error:
        raise EvidenceError(str(error)) from error
    return Evidence(run=run, manifest_sha256=hashlib.sha256(manifest).hexdigest(), checks=checks)


def _check(run_dir: Path, requirement: str, identifier: str) -> CheckEvidence:
    folder = run_dir / "checks" / identifier
    if not (folder / "result.json").is_file():
        raise EvidenceError(f"{run_dir / 'run.json'} names the check {identifier}, but there is no {folder / 'result.json'}")
    result = codec.read(CheckResult, folder / "result.json")
    if (result.id, result.requirement) != (identifier, requirement):
        found = f"{result.id} of {result.requirement}"
        raise EvidenceError(f"{folder / 'result.json'} is the result of {found}, expected {identifier} of {requirement}")
    return CheckEvidence(result=result, observations=tuple(_observations(folder / "observations.jsonl")))


def _observations(path: Path) -> Iterator[Observation]:
    if not path.is_file():
        return
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            value = json.loads(line)
        except ValueError as error:
            raise EvidenceError(f"{path}, line {number} is not JSON: {error}") from error
        yield codec.load(Observation, value, where=f"{path}, line {number}")
