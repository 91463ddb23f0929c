# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that proves all nine requirements, written as a submission: every release of the validator takes it, and so does the linter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Fidelity, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._report import files
from ansible_collections.ailab.conformance.plugins.module_utils._report.lint.finding import Severity
from ansible_collections.ailab.conformance.plugins.module_utils._report.lint.judge import lint
from ansible_collections.ailab.conformance.plugins.module_utils._report.order import Claim, Order, ReportError, Target
from ansible_collections.ailab.conformance.plugins.module_utils._report.report import Report, make
from ansible_collections.ailab.conformance.plugins.module_utils._report.sealed import read
from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import Level

from tests.unit.report.lint.validators import errors
from tests.unit.report.works import metadata

MakeRun = Callable[..., Path]
SPECS = Path(__file__).parents[3] / "specs"
VERSIONS = ("v1.34", "v1.37")
MEMBERS = frozenset({"Example Works"})


def submitted(run: Path, version: str, dest: Path, *, target: Target = Target.SUBMISSION) -> Report:
    specification = loader.load(version)
    claims = {requirement.id: Claim(layer="the platform") for requirement in specification.requirements}
    order = Order(specification=specification, target=target, metadata=metadata(version), claims=claims)
    made = make(order, read(run), dest=dest)
    files.apply(dest, files.plan(dest, made.files), made.files)
    return made


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(make_full_run: MakeRun, tmp_path: Path, version: str) -> Path:
    """A submission's directory, made of a run on a cluster of its version."""
    dest = tmp_path / version / "works"
    submitted(make_full_run(fidelity=Fidelity.REAL, server=f"{version}.2", version=version), version, dest)
    return dest


@pytest.mark.parametrize("release", ["A", "B", "C"])
def test_every_release_of_the_validator_takes_it(folder: Path, release: str) -> None:
    assert errors(folder / "PRODUCT.yaml", release=release, specs=SPECS) == []


def test_the_linter_finds_nothing_but_the_official_suites_missing_artefacts(folder: Path, version: str) -> None:
    findings = lint(folder / "PRODUCT.yaml", members=MEMBERS, reach=lambda _address: None)
    automatic = {"secure_accelerator_access", "gang_scheduling", "cluster_autoscaling"} if version == "v1.37" else set[str]()
    assert {finding.where.split(".")[2] for finding in findings if finding.rule == "B4"} == automatic
    assert {(finding.rule, finding.severity) for finding in findings} == ({("B4", Severity.WARNING)} if automatic else set())


def test_texts_are_those_of_the_checklist_byte_for_byte(folder: Path, version: str) -> None:
    normative = (b"    - id:", b"      description:", b"      level:", b"  kubernetesVersion:")
    published = (SPECS / f"AIConformance-{version.removeprefix('v')}.yaml").read_bytes().splitlines()
    written = (folder / "PRODUCT.yaml").read_bytes().splitlines()
    wanted = [line for line in published if line.startswith(normative)]
    assert len(wanted) > 25
    assert [line for line in written if line.startswith(normative)] == wanted


def test_every_requirement_has_notes_that_name_the_layer(folder: Path) -> None:
    spec = yaml.safe_load((folder / "PRODUCT.yaml").read_text(encoding="utf-8"))["spec"]
    entries = [entry for requirements in spec.values() for entry in requirements]
    assert all(entry["notes"].startswith("Layer: the platform.") for entry in entries)
    musts = [entry for entry in entries if entry["level"] == Level.MUST]
    assert {entry["status"] for entry in musts} == {"Implemented"}
    assert all(entry["evidence"] == [f"evidence/{entry['id']}.md"] for entry in musts)


def test_a_should_says_what_is_shown_and_what_is_open_and_claims_nothing(folder: Path, version: str) -> None:
    spec = yaml.safe_load((folder / "PRODUCT.yaml").read_text(encoding="utf-8"))["spec"]
    shoulds = [entry for requirements in spec.values() for entry in requirements if entry["level"] == Level.SHOULD]
    assert len(shoulds) == (7 if version == "v1.37" else 0)
    assert {entry["status"] for entry in shoulds} <= {"Not Implemented"}
    assert all(" Open: " in entry["notes"] for entry in shoulds)


@pytest.mark.parametrize("release", ["A", "B", "C"])
@pytest.mark.parametrize("check", ["DRA-05", "GANG-04", "RC-05"])
def test_one_failed_check_is_refused_by_all(make_full_run: MakeRun, tmp_path: Path, check: str, release: str) -> None:
    run = make_full_run(fidelity=Fidelity.REAL, verdicts={check: Verdict.INCONCLUSIVE})
    with pytest.raises(ReportError, match="error A9"):
        submitted(run, "v1.34", tmp_path / "refused" / "v1.34" / "works")
    dest = tmp_path / "v1.34" / "works"
    submitted(run, "v1.34", dest, target=Target.REHEARSAL)
    (found,) = errors(dest / "PRODUCT.yaml", release=release, specs=SPECS)
    assert found.endswith("It must be 'Implemented'.")


def test_a_whole_run_on_simulated_devices_is_no_submission(make_full_run: MakeRun, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="has fidelity simulated, and a submission needs real"):
        submitted(make_full_run(), "v1.34", tmp_path / "v1.34" / "works")
