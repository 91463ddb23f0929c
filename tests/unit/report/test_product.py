# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run lets a product say, and the PRODUCT.yaml that says it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import ObjectRef
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Fidelity, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._report.lint.judge import lint
from ansible_collections.ailab.conformance.plugins.module_utils._report.order import METADATA, Claim, Order, ReportError, Target
from ansible_collections.ailab.conformance.plugins.module_utils._report.product import Product, compose
from ansible_collections.ailab.conformance.plugins.module_utils._report.product_yaml import quoted, render
from ansible_collections.ailab.conformance.plugins.module_utils._report.sealed import read
from ansible_collections.ailab.conformance.plugins.module_utils._report.wording import REHEARSAL
from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import Status

from tests.unit.report.works import metadata

MakeRun = Callable[..., Path]
SPECS = Path(__file__).parents[3] / "specs"


def order(version: str = "v1.34", **changes: Any) -> Order:
    plain = Order(specification=loader.load(version), target=Target.REHEARSAL, metadata=metadata(), claims={})
    return dataclasses.replace(plain, **changes)


def entry(product: Product, identifier: str) -> Any:
    return next(entry for entry in product.entries if entry.requirement.id == identifier)


@pytest.mark.parametrize("version", loader.versions())
def test_texts_are_the_templates_byte_for_byte(make_run: MakeRun, version: str) -> None:
    text = render(compose(order(version), read(make_run()))).encode()
    template = (SPECS / f"AIConformance-{version.removeprefix('v')}.yaml").read_bytes()
    normative = (b"    - id:", b"      description:", b"      level:", b"  kubernetesVersion:")
    wanted = [line for line in template.splitlines() if line.startswith(normative)]
    assert [line for line in text.splitlines() if line.startswith(normative)] == wanted
    assert [line for line in text.splitlines() if line.startswith(b"  ") and line.endswith(b":") and line[2:3] != b" "] == [
        line for line in template.splitlines() if line.startswith(b"  ") and line.endswith(b":") and line[2:3] != b" "
    ]


@pytest.mark.parametrize("version", loader.versions())
def test_the_file_reads_back_as_written(make_run: MakeRun, version: str) -> None:
    product = compose(order(version), read(make_run()))
    data = yaml.safe_load(render(product))
    assert data["metadata"] == dict(product.metadata)
    entries = [entry for entries in data["spec"].values() for entry in entries]
    assert [(e["id"], e["status"], e["notes"], tuple(e["evidence"])) for e in entries] == [
        (e.requirement.id, e.status, e.notes, e.evidence) for e in product.entries
    ]
    assert all(entry["notes"] for entry in entries)


def test_a_verified_requirement_is_implemented_with_its_evidence(make_run: MakeRun) -> None:
    product = compose(order(claims={"dra_support": Claim(layer="the platform", evidence=("https://works.dev/dra",))}), read(make_run()))
    dra = entry(product, "dra_support")
    assert (dra.status, dra.evidence) == (Status.IMPLEMENTED, ("evidence/dra_support.md", "https://works.dev/dra"))
    for part in ("Layer: the platform.", "Verdict: pass, fidelity simulated, 8 checks, 8 of 8", "Run 20261122T053000Z-1a2b3c", "v1.34.4"):
        assert part in dra.notes


def test_what_was_not_verified_is_not_claimed(make_run: MakeRun) -> None:
    gang = entry(compose(order(), read(make_run())), "gang_scheduling")
    assert (gang.status, gang.evidence) == (Status.NOT_IMPLEMENTED, ())
    assert "Not called implemented: not verified in this run." in gang.notes


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"verdicts": {"DRA-05": Verdict.FAIL}}, "the verdict is fail"),
        ({"verdicts": {"DRA-05": Verdict.INCONCLUSIVE}}, "the verdict is inconclusive"),
        ({"verdicts": {"DRA-05": Verdict.NOT_RUN}}, "the verdict is not_run"),
        ({"checks": ["DRA-01", "DRA-02"]}, "without a passed check DRA-03, DRA-04, DRA-05, DRA-06, DRA-07, DRA-09"),
        ({"leaked": (ObjectRef(kind="Pod", namespace="a", name="b", uid="c"),)}, "the clean-up left objects behind: 1"),
    ],
)
def test_less_than_a_full_pass_is_not_implemented(make_run: MakeRun, attributes: dict[str, Any], reason: str) -> None:
    dra = entry(compose(order(), read(make_run(**attributes))), "dra_support")
    assert dra.status is Status.NOT_IMPLEMENTED
    assert reason in dra.notes
    assert dra.evidence == ("evidence/dra_support.md",)


def test_simulated_evidence_is_marked_in_title_and_every_note(make_run: MakeRun) -> None:
    product = compose(order(), read(make_run()))
    text = render(product)
    assert f"\n# {REHEARSAL}: the accelerators behind this evidence are simulated (fidelity: simulated).\n" in text
    assert text.count(f'notes: "{REHEARSAL}') == len(product.entries)
    assert "R1" in {finding.rule for finding in lint(Path("PRODUCT.yaml"), content=text)}


def test_a_rehearsal_on_real_accelerators_is_marked_too(make_run: MakeRun) -> None:
    assert f"{REHEARSAL}: made as a rehearsal." in render(compose(order(), read(make_run(fidelity=Fidelity.REAL))))


def test_a_rehearsal_shows_the_templates_placeholders(make_run: MakeRun) -> None:
    metadata = compose(order(metadata={}), read(make_run())).metadata
    assert metadata["vendorName"] == "[Vendor Name]"
    assert metadata["k8sConformanceUrl"] == "[k8sConformanceUrl]"
    assert "repoUrl" not in metadata


def test_a_submission_of_real_evidence_carries_no_mark(make_run: MakeRun) -> None:
    claims = {"dra_support": Claim(layer="the platform")}
    product = compose(order(target=Target.SUBMISSION, claims=claims), read(make_run(fidelity=Fidelity.REAL)))
    assert product.mark is None
    assert REHEARSAL not in render(product)


@pytest.mark.parametrize("fidelity", [Fidelity.SIMULATED, Fidelity.PARTIAL])
def test_a_submission_refuses_evidence_that_is_not_real(make_run: MakeRun, fidelity: Fidelity) -> None:
    with pytest.raises(
        ReportError, match=f"run 20261122T053000Z-1a2b3c has fidelity {fidelity}, and a submission needs real: use target rehearsal"
    ):
        compose(order(target=Target.SUBMISSION), read(make_run(fidelity=fidelity)))


def test_a_submission_tells_everything_that_is_missing_at_once(make_run: MakeRun) -> None:
    with pytest.raises(ReportError) as refused:
        compose(order("v1.35", target=Target.SUBMISSION, metadata={"vendor_name": "Example Works"}), read(make_run(fidelity=Fidelity.REAL)))
    message = str(refused.value)
    assert "a submission for v1.35 needs a cluster of that version" in message
    assert "product.k8s_conformance_url" in message
    assert "product.vendor_name" not in message
    assert "requirements[].layer is missing for dra_support" in message


def test_only_a_conditional_requirement_can_be_not_applicable(make_run: MakeRun) -> None:
    claims = {"cluster_autoscaling": Claim(not_applicable="the nodes are bare metal and there is no autoscaler")}
    autoscaling = entry(compose(order(claims=claims), read(make_run())), "cluster_autoscaling")
    assert autoscaling.status is Status.NOT_APPLICABLE
    assert "Does not apply: the nodes are bare metal" in autoscaling.notes
    with pytest.raises(ReportError, match="gang_scheduling.*not conditional"):
        compose(order(claims={"gang_scheduling": Claim(not_applicable="no")}), read(make_run()))


def test_an_unknown_requirement_is_answered_with_the_nearest(make_run: MakeRun) -> None:
    with pytest.raises(ReportError, match=r"requirements\[dra_suport\].*did you mean 'dra_support'"):
        compose(order(claims={"dra_suport": Claim(layer="x")}), read(make_run()))


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("vendor_name", "[Vendor Name]", "a placeholder of the template"),
        ("website_url", "works.dev", "expected an address that begins with https://"),
        ("documentation_url", "https://", "expected an address"),
        ("repo_url", "http://[", "expected an address"),
        ("contact_email_address", "works", "expected an e-mail address"),
        ("description", "two\nlines", "expected one line"),
    ],
)
def test_words_that_cannot_be_meant_are_refused_even_in_a_rehearsal(make_run: MakeRun, name: str, value: str, problem: str) -> None:
    with pytest.raises(ReportError, match=f"product.{name} is .*{problem}"):
        compose(order(metadata={**metadata(), name: value}), read(make_run()))


def test_dra_support_is_no_part_of_1_36(make_run: MakeRun) -> None:
    product = compose(order("v1.36"), read(make_run()))
    assert all(entry.result is None for entry in product.entries)


def test_the_caller_knows_every_metadata_key() -> None:
    assert METADATA["k8s_conformance_url"] == "k8sConformanceUrl"
    assert set(METADATA) == {*metadata(), "repo_url"}


@pytest.mark.parametrize(
    "text", ['"quote" \\ back', "a\nb\tc\r", "\x00\x1b\x7f\x85", "\u2028\u202e\ufeff", "é – 日本 \U0001f600", "yes", "# no", "{{ x }}", ""]
)
def test_any_text_survives_the_quotes(text: str) -> None:
    assert yaml.safe_load(f"a: {quoted(text)}\n") == {"a": text}
    assert "\n" not in quoted(text)


@pytest.mark.parametrize("words", ['"\nstatus: "Implemented', "\u2028- id: x", "{{ lookup('env','HOME') }}", "\x1b[2J"])
def test_text_from_a_cluster_cannot_add_a_field(make_run: MakeRun, words: str) -> None:
    text = render(compose(order(), read(make_run(words=words))))
    data = yaml.safe_load(text)
    (dra,) = data["spec"]["accelerators"]
    assert set(dra) == {"id", "description", "level", "status", "evidence", "notes"}
    assert "\x1b" not in text


def test_product_yaml_is_the_golden_file(make_run: MakeRun, golden: Callable[[str, str], None]) -> None:
    claims = {"dra_support": Claim(layer="the platform", notes="Feature gate DynamicResourceAllocation is on.")}
    golden("PRODUCT.yaml", render(compose(order(claims=claims), read(make_run()))))
