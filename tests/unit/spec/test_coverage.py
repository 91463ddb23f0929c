# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``coverage.yaml`` and the checks that there are name the same."""

from __future__ import annotations

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import REQUIREMENTS
from ansible_collections.ailab.conformance.plugins.module_utils._engine.judge import Requirement
from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader


def test_every_verified_requirement_is_covered_and_no_other() -> None:
    covered = {requirement.id for version in loader.versions() for requirement in loader.load(version).requirements if requirement.coverage}
    assert covered == {requirement.id for requirement in REQUIREMENTS}


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.id)
def test_the_checks_of_a_requirement_are_those_of_the_engine(requirement: Requirement) -> None:
    published = loader.load("v1.34").get(requirement.id)
    assert published.coverage is not None
    assert published.coverage.mandatory == tuple(check.id for check in REQUIREMENTS[requirement] if check.mandatory)
    assert published.coverage.where_served == tuple(check.id for check in REQUIREMENTS[requirement] if not check.mandatory)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.id)
def test_category_and_level_are_the_checklists(requirement: Requirement) -> None:
    published = loader.load("v1.34").get(requirement.id)
    assert (published.category, published.level) == (requirement.category, requirement.level)
