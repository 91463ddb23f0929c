# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the checklists under ``specs/`` and refuses one that is not the published file.

The folder is found relative to this file, which holds both in a checkout and in an installed collection: the tarball carries the
whole tree. A module that Ansible ships to another machine carries Python files only, so everything that needs a checklist runs on
the controller, in an action plugin.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from .model import Condition, Coverage, Level, Partial, Requirement, Specification, SpecificationError

_FOLDER = Path(__file__).parents[3] / "specs"
_FILE = re.compile(r"AIConformance-(1\.\d+)\.yaml")
_VERSION = re.compile(r"v?(1\.\d+)")


def versions(*, folder: Path = _FOLDER) -> tuple[str, ...]:
    """The versions that can be loaded, oldest first, as ``v1.34``.

    Raises:
        SpecificationError: the folder or its digests file is missing.
    """
    found = (_FILE.fullmatch(name) for name in _digests(folder))
    minors = sorted(int(match[1].partition(".")[2]) for match in found if match)
    return tuple(f"v1.{minor}" for minor in minors)


def load(version: str, *, folder: Path = _FOLDER) -> Specification:
    """One version of the checklist, with its digest checked.

    Args:
        version: ``v1.34`` or ``1.34``. A patch release has no checklist of its own.
        folder: where the checklists lie.

    Raises:
        SpecificationError: there is no such version, or the file is missing, altered or malformed.
    """
    match = _VERSION.fullmatch(version)
    known = versions(folder=folder)
    if match is None or f"v{match[1]}" not in known:
        raise SpecificationError(f"there is no checklist for Kubernetes {version!r}; expected one of {', '.join(known)}")
    return _load(f"v{match[1]}", folder)


@functools.cache
def _load(version: str, folder: Path) -> Specification:
    name = f"AIConformance-{version.removeprefix('v')}.yaml"
    content = _read(folder / name)
    found, expected = hashlib.sha256(content).hexdigest(), _digests(folder)[name]
    if found != expected:
        raise SpecificationError(f"{folder / name} is not the published checklist: its sha256 is {found}, SHA256SUMS expects {expected}")
    document = _mapping(_parse(folder / name, content), where=name)
    return Specification(
        version=version,
        file=name,
        sha256=found,
        metadata={key: str(value) for key, value in _mapping(document.get("metadata"), where=f"{name}: metadata").items()},
        requirements=tuple(_requirements(document, name=name, folder=folder)),
    )


def _requirements(document: Mapping[str, Any], *, name: str, folder: Path) -> Sequence[Requirement]:
    conditions, coverage, partial = _our_data(folder)
    requirements = []
    for category, entries in _mapping(document.get("spec"), where=f"{name}: spec").items():
        for entry in entries:
            identifier, level = str(entry["id"]), Level(entry["level"])
            requirements.append(
                Requirement(
                    id=identifier,
                    category=category,
                    description=str(entry["description"]),
                    level=level,
                    condition=conditions.get(identifier) if level is Level.MUST else None,
                    coverage=coverage.get(identifier),
                    partial=partial.get(identifier),
                )
            )
    return requirements


@functools.cache
def _our_data(folder: Path) -> tuple[Mapping[str, Condition], Mapping[str, Coverage], Mapping[str, Partial]]:
    path = folder / "coverage.yaml"
    document = _mapping(_parse(path, _read(path)), where=path.name)
    conditions = {
        identifier: Condition(text=str(entry["condition"]), validator_accepts=bool(entry["validator_accepts"]))
        for identifier, entry in _mapping(document.get("conditional"), where=f"{path.name}: conditional").items()
    }
    coverage = {
        identifier: Coverage(mandatory=tuple(entry["mandatory"]), where_served=tuple(entry["where_served"]))
        for identifier, entry in _mapping(document.get("coverage"), where=f"{path.name}: coverage").items()
    }
    partial = {
        identifier: Partial(shown=dict(entry["shown"]), open=str(entry["open"]))
        for identifier, entry in _mapping(document.get("partial"), where=f"{path.name}: partial").items()
    }
    return conditions, coverage, partial


@functools.cache
def _digests(folder: Path) -> Mapping[str, str]:
    lines = _read(folder / "SHA256SUMS").decode("ascii").splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SpecificationError(
            f"cannot read {path.name}: {error.strerror}; expected it in {path.parent}, "
            "where the collection keeps its checklists: install the collection again"
        ) from error


def _parse(path: Path, content: bytes) -> object:
    try:
        return yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise SpecificationError(f"{path} is no YAML: {error}") from error


def _mapping(value: object, *, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SpecificationError(f"{where} must be a mapping, found {type(value).__name__}")
    return value
