# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left of a lab that was taken down: nothing. The last file, since the lab is gone after it."""

from __future__ import annotations

import pytest

from tests.integration.machine import Traces, processes
from tests.integration.standing import NAME, STATE, Lab

pytestmark = pytest.mark.integration


def test_after_down_nothing_of_the_lab_is_left_and_a_second_down_changes_nothing(lab: Lab) -> None:
    assert lab.before is not None
    assert processes(NAME)
    assert lab.play("playbooks/destroy.yml").changed == ["lab"]
    assert processes(NAME) == []
    assert not STATE.exists()
    assert Traces.now().since(lab.before) == {}
    assert lab.play("playbooks/destroy.yml").changed == []
