# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every rule has a file that keeps it and a file that breaks it, and nothing else breaks with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ailab.conformance.plugins.module_utils._report.lint.finding import RULES, Finding, Severity
from ansible_collections.ailab.conformance.plugins.module_utils._report.lint.judge import lint
from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import SpecificationError

SPECS = Path(__file__).parents[4] / "specs"
MEMBERS = frozenset({"Example Works", "Other Works"})
PASSED = "--- PASS: TestGangScheduling (1.00s)\n--- SKIP: TestAcceleratorClusterAutoscaling (0.00s)\n"


class Product:
    """A good PRODUCT.yaml in the right place, which a test then damages."""

    def __init__(self, root: Path, version: str) -> None:
        self.folder = root / version / "works"
        (self.folder / "evidence").mkdir(parents=True)
        (self.folder / "evidence" / "page.md").write_text("# evidence\n", encoding="utf-8")
        self.path = self.folder / "PRODUCT.yaml"
        self.data: dict[str, Any] = yaml.safe_load((SPECS / f"AIConformance-{version.removeprefix('v')}.yaml").read_text(encoding="utf-8"))
        self.metadata: dict[str, Any] = self.data["metadata"]
        self.metadata.update(
            platformName="Works Platform",
            platformVersion="2.29",
            vendorName="Example Works",
            websiteUrl="https://works.dev",
            repoUrl="https://works.dev/repo",
            documentationUrl="https://works.dev/docs",
            productLogoUrl="https://works.dev/logo.svg",
            description="Runs AI workloads.",
            contactEmailAddress="team@works.dev",
            k8sConformanceUrl=f"https://github.com/cncf/k8s-conformance/tree/master/{version}/works",
        )
        for entry in self.entries():
            entry.update(status="Implemented", evidence=["evidence/page.md"], notes="Provided by the platform.")

    def entries(self) -> list[dict[str, Any]]:
        return [entry for entries in self.data["spec"].values() for entry in entries]

    def entry(self, identifier: str) -> dict[str, Any]:
        return next(entry for entry in self.entries() if entry["id"] == identifier)

    def write(self, name: str, content: str) -> None:
        (self.folder / name).write_text(content, encoding="utf-8")

    def text(self) -> str:
        return yaml.safe_dump(self.data, sort_keys=False, allow_unicode=True, width=10_000)

    def lint(self, **options: Any) -> list[Finding]:
        self.path.write_text(self.text(), encoding="utf-8")
        return lint(self.path, **{"members": MEMBERS, "reach": lambda _address: None, **options})


@pytest.fixture
def product(tmp_path: Path) -> Product:
    return Product(tmp_path, "v1.34")


def rules(findings: list[Finding]) -> set[str]:
    return {finding.rule for finding in findings}


@pytest.mark.parametrize("version", loader.versions())
def test_a_good_file_has_no_finding(tmp_path: Path, version: str) -> None:
    product = Product(tmp_path, version)
    if version == "v1.37":
        product.write(
            "results.json",
            "".join(
                f'{{"Action":"pass","Test":"{test}"}}\n'
                for test in ("TestSecureAcceleratorAccess", "TestGangScheduling", "TestAcceleratorClusterAutoscaling")
            ),
        )
        for identifier in ("secure_accelerator_access", "gang_scheduling", "cluster_autoscaling"):
            product.entry(identifier)["evidence"].append("file://results.json")
    assert product.lint() == []


def meta(key: str, value: object) -> Callable[[Product], None]:
    return lambda product: product.metadata.__setitem__(key, value)


def without(key: str) -> Callable[[Product], None]:
    def damage(product: Product) -> None:
        product.metadata.pop(key)

    return damage


def field(identifier: str, **values: object) -> Callable[[Product], None]:
    return lambda product: product.entry(identifier).update(values)


def artefact(name: str, content: str, *, identifier: str = "gang_scheduling", text: str | None = None) -> Callable[[Product], None]:
    def damage(product: Product) -> None:
        product.write(name, content)
        product.entry(identifier)["evidence"] = [text or name]

    return damage


BROKEN: list[tuple[str, str, Callable[[Product], None]]] = [
    ("A2", "a category that is no list", lambda product: product.data["spec"].__setitem__("operator", {"id": "x"})),
    ("A2", "notes that are a list", field("dra_support", notes=["a"])),
    ("A3", "a missing key", without("platformName")),
    ("A3", "an unquoted number", meta("platformVersion", 1.0)),
    ("A3", "an empty text", meta("description", " ")),
    ("A3", "a template's placeholder", meta("vendorName", "[Vendor Name]")),
    ("A4", "an issue instead of a directory", meta("k8sConformanceUrl", "https://github.com/cncf/k8s-conformance/pull/1")),
    ("A6", "a vendor in other letters", meta("vendorName", "example works")),
    ("A7", "a missing requirement", lambda product: product.data["spec"]["security"].clear()),
    ("A7", "a missing category", lambda product: product.data["spec"].pop("operator")),
    ("A9", "a MUST not implemented", field("dra_support", status="Not Implemented")),
    ("A9", "a MUST partially implemented", field("dra_support", status="Partially Implemented")),
    ("A9", "N/A on a plain MUST", field("dra_support", status="N/A")),
    ("A9", "N/A on the MUST that no validator excuses", field("pod_autoscaling", status="N/A")),
    ("A8", "a status in other letters", field("dra_support", status="implemented")),
    ("A8", "an empty status of a MUST", field("dra_support", status="")),
    ("A11", "evidence that is not there", field("dra_support", evidence=["evidence/none.md"])),
    ("A11", "an empty text as evidence", field("dra_support", evidence=[""])),
    ("B2", "another product's evidence", field("dra_support", evidence=["v1.34/other/page.md"])),
    ("B2", "evidence outside the directory", field("dra_support", evidence=["../../page.md"])),
    ("B2", "an absolute path", field("dra_support", evidence=["/etc/hostname"])),
    ("B2", "a scheme that old validators take literally", field("dra_support", evidence=["file://evidence/page.md"])),
    ("B3", "a failed test", artefact("e2e.log", "--- PASS: TestGangScheduling (1s)\n--- FAIL: TestOther (1s)\n")),
    ("B3", "a failed subtest", artefact("e2e.log", "--- PASS: TestGangScheduling (1s)\n    --- FAIL: TestGangScheduling/quota (1s)\n")),
    ("B3", "the requirement's test is not in it", artefact("e2e.log", "--- PASS: TestOther (1s)\n")),
    ("B3", "the requirement's test was skipped", artefact("e2e.log", "--- SKIP: TestGangScheduling (0s)\n")),
    ("T9", "a reserved address as evidence", field("dra_support", evidence=["evidence/page.md", "https://docs.example.org/dra"])),
    ("C1", "a PNG as logo", meta("productLogoUrl", "https://works.dev/logo.png")),
    ("I1", "a shortened text", field("dra_support", description="Support DRA.")),
    ("I2", "a lowered level", field("dra_support", level="SHOULD")),
    ("I3", "a requirement of one's own", lambda product: product.data["spec"]["operator"].append({"id": "own", "level": "MUST"})),
    ("I3", "a category of one's own", lambda product: product.data["spec"].__setitem__("own", [])),
    ("I4", "empty notes", field("dra_support", notes="")),
    ("I5", "no evidence", field("dra_support", evidence=[])),
    ("I6", "a contact that is no address", meta("contactEmailAddress", "team at works")),
    ("I7", "another version than the directory's", meta("kubernetesVersion", "v1.35")),
    ("I7", "a version without its v", meta("kubernetesVersion", "1.34")),
    ("T1", "N/A where only newer validators allow it", field("cluster_autoscaling", status="N/A", evidence=[])),
    ("T2", "no conformance address, as in the template", without("k8sConformanceUrl")),
    ("T3", "no logo, as the instructions allow", without("productLogoUrl")),
    ("T4", "a text where a list belongs", field("dra_support", evidence="N/A")),
    ("T6", "a reserved name for something else", artefact("e2e.log", "all fine\n")),
    ("T6", "a JUnit file without tests", artefact("junit.xml", "<testsuites/>")),
    ("T6", "a reserved name in other letters", artefact("JUnit.xml", "not XML")),
    ("T7", "a patch release", meta("kubernetesVersion", "v1.34.4")),
    ("T8", "web pages only", field("dra_support", evidence=["https://works.dev/dra"])),
    ("T9", "the sample's logo", meta("productLogoUrl", "https://works.dev/turbo-encabulator.svg")),
    ("T9", "a reserved host", meta("websiteUrl", "https://www.example.com")),
    ("R1", "a rehearsal's notes", field("dra_support", notes="REHEARSAL, NOT A SUBMISSION. Simulated.")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "damage"), [(rule, damage) for rule, _, damage in BROKEN], ids=[f"{rule} {name}" for rule, name, _ in BROKEN]
)
def test_a_broken_rule_is_named_and_no_other(product: Product, rule: str, damage: Callable[[Product], None]) -> None:
    damage(product)
    findings = product.lint()
    assert rules(findings) == {rule}
    assert all(finding.found and finding.expected for finding in findings)


def test_n_a_needs_a_reason(product: Product) -> None:
    product.entry("cluster_autoscaling").update(status="N/A", evidence=[], notes="")
    assert rules(product.lint()) == {"A10", "T1"}


def test_a_text_of_another_version_is_recognised(tmp_path: Path) -> None:
    product = Product(tmp_path, "v1.36")
    product.entry("accelerator_metrics")["description"] = loader.load("v1.37").get("accelerator_metrics").description
    (finding,) = product.lint()
    assert (finding.rule, finding.found) == ("T5", "the text of v1.37")


def test_from_1_37_on_automated_requirements_want_their_artefact(tmp_path: Path) -> None:
    product = Product(tmp_path, "v1.37")
    product.write("e2e.log", PASSED)
    product.entry("gang_scheduling")["evidence"] = ["file://e2e.log#TestGangScheduling"]
    findings = product.lint()
    assert rules(findings) == {"B4"}
    assert {finding.where for finding in findings} == {
        "spec.security.secure_accelerator_access.evidence",
        "spec.schedulingOrchestration.cluster_autoscaling.evidence",
    }


def test_a_fragment_names_the_test_to_look_for(tmp_path: Path) -> None:
    product = Product(tmp_path, "v1.37")
    product.write("e2e.log", PASSED)
    product.entry("robust_controller")["evidence"] = ["file://e2e.log#TestGangScheduling"]
    assert "B3" not in rules(product.lint())
    product.entry("robust_controller")["evidence"] = ["file://e2e.log#TestNone"]
    assert "B3" in rules(product.lint())


def test_a_should_may_stay_empty(tmp_path: Path) -> None:
    product = Product(tmp_path, "v1.35")
    product.entry("gpu_sharing").update(status="", evidence=[], notes="")
    assert product.lint() == []


def test_snake_case_metadata_is_read(product: Product) -> None:
    product.metadata["k8s_conformance_url"] = product.metadata.pop("k8sConformanceUrl")
    product.metadata["vendor_name"] = product.metadata.pop("vendorName")
    assert product.lint() == []


def test_a_file_in_another_versions_directory_is_found(product: Product) -> None:
    product.metadata["kubernetesVersion"] = "v1.35"
    findings = product.lint(kubernetes_version="v1.35")
    assert ("I7", "the directory v1.34") in {(finding.rule, finding.found) for finding in findings}


def test_evidence_that_is_about_to_be_written_counts(product: Product) -> None:
    product.entry("dra_support")["evidence"] = ["evidence/soon.md"]
    assert product.lint(planned=frozenset({"evidence/soon.md"})) == []


def test_evidence_may_be_named_from_the_root_of_the_repository(product: Product) -> None:
    product.entry("dra_support")["evidence"] = ["v1.34/works/evidence/page.md"]
    assert product.lint() == []


def test_addresses_are_tried_only_when_asked(product: Product) -> None:
    product.entry("dra_support")["evidence"].append("https://works.dev/gone")
    assert product.lint(reach=None) == []
    findings = product.lint(reach=lambda address: "status 403" if address.endswith(("gone", "docs")) else None)
    assert [(finding.rule, finding.where) for finding in findings] == [
        ("A5", "metadata.documentationUrl"),
        ("A11", "spec.accelerators.dra_support.evidence"),
    ]


def test_a_finding_tells_file_line_found_and_expected(product: Product) -> None:
    product.entry("dra_support")["level"] = "SHOULD"
    (finding,) = product.lint()
    line = product.text().splitlines().index("    level: SHOULD") + 1
    assert str(finding) == f"{product.path}:{line}: error I2 spec.accelerators.dra_support.level: found 'SHOULD', expected MUST"


@pytest.mark.parametrize(
    "content", ["", "- a\n", "metadata: {}\n", "a: [\n", "metadata: {}\nspec: []\n", "metadata: !!python/name:os.system\nspec: {}\n"]
)
def test_what_is_no_checklist_is_one_finding(tmp_path: Path, content: str) -> None:
    assert [finding.rule for finding in lint(tmp_path / "PRODUCT.yaml", content=content)] == ["A2"]


def test_a_key_given_twice_is_found_at_its_second_line(product: Product) -> None:
    text = product.text().replace("  vendorName: Example Works\n", "  vendorName: Example Works\n  vendorName: Other Works\n")
    (finding,) = lint(product.path, content=text)
    assert (finding.rule, finding.found, finding.line) == (
        "A2",
        "the key 'vendorName' twice",
        text.splitlines().index("  vendorName: Other Works") + 1,
    )


def test_bytes_that_are_no_text_are_a_finding(tmp_path: Path) -> None:
    (tmp_path / "PRODUCT.yaml").write_bytes(b"\xff\xfe\x00")
    assert [finding.rule for finding in lint(tmp_path / "PRODUCT.yaml")] == ["A2"]


def test_outside_its_directory_a_file_is_judged_by_its_own_version(product: Product, tmp_path: Path) -> None:
    elsewhere = tmp_path / "PRODUCT.yaml"
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "page.md").touch()
    (finding,) = lint(elsewhere, content=product.text())
    assert (finding.rule, finding.severity) == ("A1", Severity.WARNING)


def test_a_version_without_checklist_is_an_error(tmp_path: Path, product: Product) -> None:
    (finding,) = lint(tmp_path / "v1.99" / "works" / "PRODUCT.yaml", content=product.text())
    assert (finding.rule, finding.severity, finding.found) == ("A1", Severity.ERROR, "'v1.99'")
    with pytest.raises(SpecificationError, match="there is no checklist"):
        lint(product.path, content=product.text(), kubernetes_version="v1.99")


def test_every_rule_is_tested_here() -> None:
    # V1 is about a day, not about the file: test_certificate.py.
    tested = {rule for rule, _, _ in BROKEN} | {"A1", "A5", "A10", "B4", "T5", "V1"}
    assert tested == set(RULES)
