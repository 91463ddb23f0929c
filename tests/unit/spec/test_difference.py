# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a move between versions means, as the published files have it."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._spec.difference import Difference, difference
from ansible_collections.ailab.conformance.plugins.module_utils._spec.loader import load


def between(before: str, after: str) -> Difference:
    return difference(load(before), load(after))


def test_from_1_33_only_a_level_changes() -> None:
    assert between("v1.33", "v1.34").sentences() == ("dra_support becomes MUST (was SHOULD)",)
    assert [must.id for must in between("v1.33", "v1.34").new_musts] == ["dra_support"]


def test_to_1_36_dra_support_goes_and_six_shoulds_come() -> None:
    change = between("v1.34", "v1.36")
    assert [requirement.id for requirement in change.removed] == ["dra_support"]
    assert len(change.added) == 6
    assert change.new_musts == ()
    assert change.texts == ()


def test_the_letter_that_changed_in_1_37_is_seen() -> None:
    change = between("v1.36", "v1.37")
    assert [text.after.id for text in change.texts] == ["accelerator_metrics"]
    assert "makes they available" in change.texts[0].after.description
    assert "makes them available" in change.texts[0].before.description
    assert "accelerator_metrics has another text: copy it from the new checklist" in change.sentences()


def test_the_template_of_1_35_alone_shows_the_conformance_url() -> None:
    assert between("v1.34", "v1.35").metadata_added == ("k8sConformanceUrl",)
    assert between("v1.35", "v1.36").metadata_removed == ("k8sConformanceUrl",)


def test_nothing_changes_between_a_version_and_itself() -> None:
    assert between("v1.35", "v1.35").sentences() == ()


def test_backwards_is_a_difference_too() -> None:
    assert "workload_sandboxing is gone (was SHOULD)" in between("v1.37", "v1.36").sentences()
