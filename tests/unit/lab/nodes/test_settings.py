# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that cannot work are refused before anything is made."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.settings import Settings


def test_the_defaults_work() -> None:
    settings = Settings()
    assert settings.netns("router") == "ailab-router"
    assert len(f"{settings.name}-host") <= 15


def test_a_name_that_no_link_can_bear_is_refused() -> None:
    with pytest.raises(LabError, match="fifteen characters"):
        Settings(name="conformance-lab")


def test_a_state_directory_too_deep_for_sockets_is_refused() -> None:
    with pytest.raises(LabError, match="at most 48 characters"):
        Settings(state_dir=Path("/var/lib/" + "x" * 60))


@pytest.mark.parametrize("supernet", ["10.0.0.0/16", "8.0.0.0/12"])
def test_a_range_too_small_or_not_private_is_refused(supernet: str) -> None:
    with pytest.raises(LabError, match="private range"):
        Settings(supernet=IPv4Network(supernet))
