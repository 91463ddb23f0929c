# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checklists are the published files, and the loader refuses anything else."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import Level, SpecificationError, minor_of

SPECS = Path(__file__).parents[3] / "specs"

# Digests of the published files, written down a second time on purpose: SHA256SUMS alone could be edited together with a file.
PUBLISHED = {
    "v1.33": "6c32256c2fc3429c9770a828f3b642bc9fb04229503c632c2a7bea9a705ff949",
    "v1.34": "5c85273d76ca69c97d0f1e01af26c495c704307a149726af976c8350a2790214",
    "v1.35": "cf87915a9bcf977bb9c61298bc60afa0f062d1c3aad0a2d3dcefcdf1fa644693",
    "v1.36": "43d8b708956c69f8a87a426c8c883e0e845588db173d94d707209397dad06170",
    "v1.37": "8d56838e47e17e4ba6a5e013f16f6711a6f4180b8545cd908199231f43fa8f96",
}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the folder that a test may damage."""
    return Path(shutil.copytree(SPECS, tmp_path / "specs"))


def test_every_published_version_is_known() -> None:
    assert loader.versions() == tuple(PUBLISHED)


@pytest.mark.parametrize("version", PUBLISHED)
def test_a_checklist_is_the_published_file(version: str) -> None:
    specification = loader.load(version)
    assert hashlib.sha256((SPECS / specification.file).read_bytes()).hexdigest() == specification.sha256 == PUBLISHED[version]


@pytest.mark.parametrize("version", PUBLISHED)
def test_texts_stand_in_the_file_byte_for_byte(version: str) -> None:
    specification = loader.load(version)
    content = (SPECS / specification.file).read_text(encoding="utf-8")
    for requirement in specification.requirements:
        assert f'    - id: {requirement.id}\n      description: "{requirement.description}"\n      level: {requirement.level}\n' in content
    assert content.count("    - id: ") == len(specification.requirements)


@pytest.mark.parametrize(
    ("version", "musts", "shoulds"), [("v1.33", 8, 1), ("v1.34", 9, 0), ("v1.35", 9, 3), ("v1.36", 8, 6), ("v1.37", 8, 7)]
)
def test_levels_are_those_of_the_published_matrix(version: str, musts: int, shoulds: int) -> None:
    levels = [requirement.level for requirement in loader.load(version).requirements]
    assert (levels.count(Level.MUST), levels.count(Level.SHOULD)) == (musts, shoulds)


def test_requirements_come_by_category_in_the_order_of_the_file() -> None:
    specification = loader.load("1.37")
    assert specification.categories == (
        "accelerators",
        "networking",
        "schedulingOrchestration",
        "observability",
        "security",
        "operator",
    )
    assert [requirement.id for requirement in specification.in_category("security")] == ["secure_accelerator_access", "workload_sandboxing"]


def test_only_the_conditional_musts_may_be_not_applicable() -> None:
    for version in loader.versions():
        conditional = [requirement for requirement in loader.load(version).requirements if requirement.condition]
        assert [requirement.id for requirement in conditional] == ["cluster_autoscaling", "pod_autoscaling"]
        assert all(requirement.description.startswith("If the platform ") for requirement in conditional)


def test_a_requirement_knows_the_checks_that_decide_it() -> None:
    coverage = loader.load("v1.34").get("dra_support").coverage
    assert coverage is not None
    assert "DRA-05" in coverage.mandatory
    assert coverage.where_served == ("DRA-08", "DRA-10")
    assert all(requirement.coverage for requirement in loader.load("v1.34").requirements)
    assert loader.load("v1.37").get("workload_sandboxing").coverage is None


def test_an_altered_checklist_is_refused_by_name(copied: Path) -> None:
    with (copied / "AIConformance-1.34.yaml").open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(SpecificationError, match=r"AIConformance-1\.34\.yaml is not the published checklist.*SHA256SUMS expects 5c85273d"):
        loader.load("v1.34", folder=copied)
    assert loader.load("v1.35", folder=copied).version == "v1.35"


def test_a_missing_checklist_is_named(copied: Path) -> None:
    (copied / "AIConformance-1.36.yaml").unlink()
    with pytest.raises(SpecificationError, match=r"cannot read AIConformance-1\.36\.yaml: No such file.*install the collection again"):
        loader.load("v1.36", folder=copied)


@pytest.mark.parametrize("version", ["v1.32", "v1.34.4", "1.3", "latest", ""])
def test_an_unknown_version_is_answered_with_the_known_ones(version: str) -> None:
    with pytest.raises(SpecificationError, match=r"there is no checklist for Kubernetes .*expected one of v1\.33, v1\.34"):
        loader.load(version)


def test_a_misspelt_requirement_is_answered_with_the_nearest() -> None:
    with pytest.raises(SpecificationError, match="did you mean 'gang_scheduling'"):
        loader.load("v1.34").get("gang_schedulling")
    assert loader.load("v1.34").find("workload_sandboxing") is None


@pytest.mark.parametrize(("version", "minor"), [("v1.34", 34), ("1.35", 35), ("v1.34.4", 34)])
def test_the_minor_of_a_version(version: str, minor: int) -> None:
    assert minor_of(version) == minor


def test_a_text_that_is_no_version_has_no_minor() -> None:
    with pytest.raises(SpecificationError, match="expected the form v1.34"):
        minor_of("next")
