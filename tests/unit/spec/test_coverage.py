# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``coverage.yaml`` and the checks that there are name the same."""

from __future__ import annotations

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._engine.suite import Suite
from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import Level


def test_every_verified_requirement_is_covered_and_no_other() -> None:
    covered = {requirement.id for version in loader.versions() for requirement in loader.load(version).requirements if requirement.coverage}
    assert covered == set(SUITES)


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_the_checks_of_a_requirement_are_those_of_the_engine(suite: Suite) -> None:
    published = loader.load("v1.34").get(suite.about.id)
    assert published.coverage is not None
    assert published.coverage.mandatory == tuple(check.id for check in suite.checks if check.mandatory)
    assert published.coverage.where_served == tuple(check.id for check in suite.checks if not check.mandatory)


def test_every_requirement_has_checks_or_a_word_on_what_is_open_and_never_both() -> None:
    for version in loader.versions():
        for requirement in loader.load(version).requirements:
            assert (requirement.coverage is None) is (requirement.partial is not None), requirement.id
            if requirement.partial:
                assert requirement.level is Level.SHOULD
                assert requirement.partial.open.strip()


def test_what_shows_a_part_is_a_check_that_there_is() -> None:
    known = {check.id for suite in SUITES.values() for check in suite.checks}
    named = {check for requirement in loader.load("v1.37").requirements if requirement.partial for check in requirement.partial.shown}
    assert named
    assert named <= known


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_category_and_level_are_the_checklists(suite: Suite) -> None:
    published = loader.load("v1.34").get(suite.about.id)
    assert (published.category, published.level) == (suite.about.category, suite.about.level)
