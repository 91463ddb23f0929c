# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programme's validator in its three releases, written a second time: the linter must not be the only judge of what the report writes.

Source: scripts/validate.go of cncf/k8s-ai-conformance, releases A (August 2026), B (September 2026) and C. Checklist and product are read
with a plain YAML loader, as the Go program does. What needs the network is left out, and so is the members' list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

JSON = Any

REQUIRED = (
    "kubernetesVersion",
    "platformName",
    "platformVersion",
    "vendorName",
    "websiteUrl",
    "documentationUrl",
    "productLogoUrl",
    "description",
    "contactEmailAddress",
    "k8sConformanceUrl",
)
STATUSES = ("Implemented", "Not Implemented", "Partially Implemented", "N/A")
K8S_CONFORMANCE = re.compile(r"^https://github\.com/cncf/k8s-conformance/tree/(master|main)/v\d+\.\d+/[^/]+/?$")
CONDITIONAL = {"cluster_autoscaling"}
ARTIFACTS = {"e2e.log", "junit.xml", "results.json"}


def errors(product: Path, *, release: str, specs: Path) -> list[str]:
    """What one release of the validator refuses about a product in ``vX.Y/<directory>/PRODUCT.yaml``."""
    version = re.search(r"(?:^|/)(v\d+\.\d+)/", product.as_posix())
    if version is None:
        return ["no version in the path"]
    schema = specs / f"AIConformance-{version[1].removeprefix('v')}.yaml"
    if not schema.is_file():
        return [f"no schema for {version[1]}"]
    given, wanted = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in (product, schema))
    return [*_metadata(given["metadata"], release), *_requirements(given["spec"], wanted["spec"], release, product.parent)]


def snake(key: str) -> str:
    """The other spelling that the validator takes."""
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", key)).lower()


def _metadata(given: JSON, release: str) -> Iterator[str]:
    for key in REQUIRED:
        value = given.get(key, given.get(snake(key)))
        if not isinstance(value, str) or not value:
            yield f"{key} is missing or is not a string"
        elif value.startswith("[") and value.endswith("]"):
            yield f"{key} is a placeholder"
    if not K8S_CONFORMANCE.match(str(given.get("k8sConformanceUrl", given.get("k8s_conformance_url")))):
        yield "k8sConformanceUrl has another form"
    if release == "C" and not str(given.get("productLogoUrl", given.get("product_logo_url"))).lower().endswith((".svg", ".eps", ".ai")):
        yield "productLogoUrl is no vector format"


def _requirements(given: JSON, wanted: JSON, release: str, folder: Path) -> Iterator[str]:
    for category, requirements in wanted.items():
        found = {entry["id"]: entry for entry in given.get(category) or []}
        for requirement in requirements:
            identifier = requirement["id"]
            if identifier not in found:
                yield f"{identifier} is missing"
            else:
                yield from _entry(found[identifier], requirement["level"], release, folder)


def _entry(entry: JSON, level: str, release: str, folder: Path) -> Iterator[str]:
    identifier, status, notes = (entry.get(key) or "" for key in ("id", "status", "notes"))
    evidence = entry.get("evidence") or []
    if not isinstance(evidence, list) or not all(isinstance(item, str) for item in evidence) or not isinstance(notes, str):
        yield f"{identifier}: evidence must be a list of strings and notes a string"
        return
    if level == "SHOULD" and not status and not evidence:
        return
    if status not in STATUSES:
        yield f"{identifier}: status {status!r}"
    excused = release == "B" and status == "N/A" and identifier in CONDITIONAL
    if level == "MUST" and status != "Implemented" and not excused:
        yield f"{identifier}: It must be 'Implemented'."
    if status == "N/A" and not notes:
        yield f"{identifier}: N/A without notes"
    for item in evidence:
        if item.startswith(("http://", "https://")):
            continue
        path = (folder / item.removeprefix("file://").split("#")[0]).resolve()
        if not path.is_file() or (release == "B" and not path.is_relative_to(folder.resolve())):
            yield f"{identifier}: evidence {item} is not there"
        if release == "B" and path.name.lower() in ARTIFACTS:
            yield f"{identifier}: {item} would be parsed as an artefact of the official suite"
