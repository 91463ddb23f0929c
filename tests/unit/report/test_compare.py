# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs side by side: what counts as a change, on which side, and what is said of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Fidelity, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._report.blocks import Paragraph, in_markdown
from ansible_collections.ailab.conformance.plugins.module_utils._report.compare import Change, Comparison, Pair, compare, turns
from ansible_collections.ailab.conformance.plugins.module_utils._report.compare_words import blocks
from ansible_collections.ailab.conformance.plugins.module_utils._report.sealed import CheckEvidence, Evidence, read
from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader

MakeRun = Callable[..., Path]


def text(comparison: Comparison) -> str:
    return "\n".join(in_markdown(blocks(comparison)))


def first(comparison: Comparison) -> str:
    block = next(blocks(comparison))
    assert isinstance(block, Paragraph)
    return block.text


def with_check(source: Evidence, identifier: str, **changes: Any) -> Evidence:
    """The run with one check's result changed."""
    check = source.checks[identifier]
    return dataclasses.replace(
        source, checks={**source.checks, identifier: dataclasses.replace(check, result=dataclasses.replace(check.result, **changes))}
    )


def test_a_run_beside_itself_says_that_nothing_changed(make_run: MakeRun) -> None:
    source = read(make_run())
    comparison = compare(source, source)
    assert comparison.nothing_changed
    assert first(comparison).startswith("Nothing changed: versions, verdicts, fidelity, checks")
    assert "No check took notably longer or less (at least 5 s and 1.5 times)." in text(comparison)
    assert "Kubernetes, nodes, components with their images and digests, tool, settings and checklist are the same." in text(comparison)


def test_sentences_and_times_alone_are_no_change(make_run: MakeRun) -> None:
    source = read(make_run())
    later = with_check(source, "DRA-05", sentence="other words, with the name of another pod", seconds=2.0)
    assert compare(source, later).nothing_changed


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (Verdict.PASS, Verdict.FAIL, "No longer proven: dra_support."),
        (Verdict.INCONCLUSIVE, Verdict.PASS, "Proven now, and not before: dra_support."),
        (Verdict.FAIL, Verdict.INCONCLUSIVE, "No requirement that both runs verified is proven in one of them only."),
    ],
)
def test_what_matters_most_is_said_first(make_run: MakeRun, before: Verdict, after: Verdict, says: str) -> None:
    comparison = compare(read(make_run(verdicts={"DRA-05": before})), read(make_run(verdicts={"DRA-05": after})))
    assert first(comparison) == says
    assert not comparison.nothing_changed


def test_the_side_that_changed_is_named(make_run: MakeRun) -> None:
    source = read(make_run())
    control = source.checks["DRA-05"].result.control
    later = with_check(source, "DRA-05", control=dataclasses.replace(control, reason="timed-out", flipped=False))
    comparison = compare(source, later)
    (pair,) = comparison.turned
    assert turns(pair) == [Change(what="control", before="fail: claim-unallocated", after="fail: timed-out, not flipped")]
    assert "| DRA-05: check DRA-05 | control | fail: claim-unallocated | fail: timed-out, not flipped | no device was" in text(comparison)
    assert not comparison.nothing_changed


def test_a_subject_that_passes_for_another_reason_is_a_change(make_run: MakeRun) -> None:
    source = read(make_run())
    subject = source.checks["DRA-05"].result.subject
    comparison = compare(source, with_check(source, "DRA-05", subject=dataclasses.replace(subject, reason="uuid-similar")))
    (pair,) = comparison.turned
    assert [change.what for change in turns(pair)] == ["subject"]


def test_added_and_gone_checks_are_told_apart(make_run: MakeRun) -> None:
    comparison = compare(read(make_run(checks=["DRA-01", "DRA-02"])), read(make_run(checks=["DRA-02", "DRA-03"])))
    assert [check.id for check in comparison.added] == ["DRA-03"]
    assert [check.id for check in comparison.gone] == ["DRA-01"]
    words = text(comparison)
    assert words.index("Checks that the earlier run did not make") < words.index("| DRA-03 |")
    assert words.index("Checks that only the earlier run made") < words.index("| DRA-01 |")


def test_a_requirement_of_one_run_only_is_not_called_worse(make_run: MakeRun) -> None:
    whole = read(make_run())
    empty = dataclasses.replace(whole, run=dataclasses.replace(whole.run, requirements=()), checks=dict[str, CheckEvidence]())
    gone = compare(whole, empty)
    assert (gone.worse, gone.better) == ((), ())
    assert "| dra_support | **pass** | **not verified** | simulated |" in text(gone)
    assert not gone.nothing_changed
    assert "| dra_support | **not verified** | **pass** |" in text(compare(empty, whole))


def test_versions_that_differ_are_listed_with_both_values(make_run: MakeRun) -> None:
    before, after = read(make_run()), read(make_run(server="v1.35.0", fidelity=Fidelity.REAL))
    comparison = compare(before, after)
    changed = {change.what: (change.before, change.after) for change in comparison.versions}
    assert changed["Kubernetes"] == ("v1.34.4", "v1.35.0")
    assert changed["kubelets"] == ("v1.34.4 on 1", "v1.35.0 on 1")
    assert changed["nodes with simulated accelerators"] == ("1", "0")
    assert set(changed) == {"Kubernetes", "kubelets", "nodes with simulated accelerators"}
    assert "dra_support" in {pair.after.id for pair in comparison.moved if pair.after}


def test_a_rebuilt_image_under_the_same_tag_is_seen(make_run: MakeRun) -> None:
    source = read(make_run())
    (component,) = source.run.cluster.components
    (image,) = component.images
    rebuilt = dataclasses.replace(component, images=(dataclasses.replace(image, image_id=f"dra-driver@sha256:{'ef' * 32}"),))
    cluster = dataclasses.replace(source.run.cluster, components=(rebuilt,))
    later = dataclasses.replace(source, run=dataclasses.replace(source.run, cluster=cluster))
    (change,) = compare(source, later).versions
    assert change.what == "nvidia-dra-driver-gpu/dra-driver (DaemonSet)"
    assert (change.before, change.after) == ("dra-driver:0.1.0 (cdcdcdcdcdcd)", "dra-driver:0.1.0 (efefefefefef)")


def test_what_only_one_run_had_stands_against_a_dash(make_run: MakeRun) -> None:
    source = read(make_run())
    bare = dataclasses.replace(source.run.cluster, components=())
    later = dataclasses.replace(source, run=dataclasses.replace(source.run, cluster=bare, settings={}))
    assert {(change.what, change.after) for change in compare(source, later).versions} == {
        ("nvidia-dra-driver-gpu/dra-driver (DaemonSet)", "–"),
        ("setting decide_seconds", "–"),
    }


def test_another_cluster_is_said(make_run: MakeRun) -> None:
    source = read(make_run())
    elsewhere = dataclasses.replace(source.run.cluster, fingerprint=f"sha256:{'00' * 32}")
    later = dataclasses.replace(source, run=dataclasses.replace(source.run, cluster=elsewhere))
    assert "on another cluster: the fingerprints differ." in text(compare(source, later))
    assert "on the same cluster." in text(compare(source, source))


@pytest.mark.parametrize(
    ("before", "after", "slower", "faster"),
    [
        (10.0, 15.0, True, False),
        (15.0, 10.0, False, True),
        (10.0, 14.9, False, False),
        (100.0, 110.0, False, False),
        (0.1, 4.0, False, False),
    ],
)
def test_a_time_counts_only_when_it_is_much(make_run: MakeRun, before: float, after: float, *, slower: bool, faster: bool) -> None:
    source = read(make_run())
    comparison = compare(with_check(source, "DRA-05", seconds=before), with_check(source, "DRA-05", seconds=after))
    assert (bool(comparison.slower), bool(comparison.faster)) == (slower, faster)
    assert comparison.nothing_changed


def test_the_slowest_stands_first(make_run: MakeRun) -> None:
    source = read(make_run())
    later = with_check(with_check(source, "DRA-02", seconds=20.0), "DRA-06", seconds=60.0)
    assert [pair.after.id for pair in compare(source, later).slower] == ["DRA-06", "DRA-02"]


def test_a_pair_of_requirements_keeps_the_order_of_time(make_run: MakeRun) -> None:
    before, after = read(make_run(verdicts={"DRA-05": Verdict.FAIL})), read(make_run())
    (pair,) = compare(before, after).requirements
    assert pair == Pair(before=before.result("dra_support"), after=after.result("dra_support"))


def test_other_checklists_are_a_version_too(make_run: MakeRun) -> None:
    source, newer = read(make_run()), loader.load("v1.35")
    spec = dataclasses.replace(source.run.spec, kubernetes_version=newer.version, file=newer.file, sha256=newer.sha256)
    (change,) = compare(source, dataclasses.replace(source, run=dataclasses.replace(source.run, spec=spec))).versions
    assert change.after == f"AIConformance-1.35.yaml, sha256 {newer.sha256[:12]}"
