# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles of the platform go as they came: without them the API server has the objects that it had before them."""

from __future__ import annotations

import pytest
import yaml

from tests.integration.census import census
from tests.integration.standing import Lab, Play

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def play(lab: Lab, state: str) -> Play:
    """All roles at once: a role that is removed waits for others, so that one play for each would mostly wait."""
    roles = yaml.safe_load((lab.root / "inventories/lab/group_vars/all/platform.yml").read_text())["platform_roles"]
    assert len(roles) == 7
    return lab.play("playbooks/platform.yml", variables={f"{role}_state": state for role in roles})


def test_absent_after_present_leaves_what_was_there(lab: Lab) -> None:
    assert census(lab.kubeconfig) > lab.bare
    try:
        assert play(lab, "absent").changed
        assert sorted(census(lab.kubeconfig) ^ lab.bare) == []
        assert play(lab, "absent").changed == []
    finally:
        play(lab, "present")
    assert play(lab, "present").changed == []
