# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions, with and without what comes before a release."""

from __future__ import annotations

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.errors import OptionError
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.versions import ascending, highest, satisfies

OFFERED = ("1.34.10", "1.35.0-rc.1", "1.34.9", "v1.35.0-alpha.2", "1.35.0-rc.0", "1.35.0-rc.10")


def test_candidates_come_before_their_release_and_in_the_order_of_their_numbers() -> None:
    found = ascending([*OFFERED, "1.35.0"])
    assert found == ["1.34.9", "1.34.10", "v1.35.0-alpha.2", "1.35.0-rc.0", "1.35.0-rc.1", "1.35.0-rc.10", "1.35.0"]


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("1.34.9", "1.34", True),
        ("1.34.9", "v1.34.9", True),
        ("1.34.90", "1.34.9", False),
        ("1.35.0-rc.1", "1.35", True),
        ("1.35.0-rc.1", "1.35.0-rc.1", True),
        ("1.35.0-rc.1", "1.35.0", False),
        ("1.35.0", "1.35.0-rc.1", False),
        ("", "1.34", False),
    ],
)
def test_what_satisfies_a_wish(version: str, wanted: str, *, expected: bool) -> None:
    assert satisfies(version, wanted) is expected


@pytest.mark.parametrize(
    ("offered", "wanted", "chosen"),
    [
        (OFFERED, "1.34", "1.34.10"),
        (OFFERED, "1.35", "1.35.0-rc.10"),
        (OFFERED, "1.35.0-rc.1", "1.35.0-rc.1"),
        (OFFERED, "1.35.0-alpha.2", "1.35.0-alpha.2"),
        # a release is taken where there is one, however high a candidate is
        (("1.35.1-rc.0", "1.35.0"), "1.35", "1.35.0"),
    ],
)
def test_the_highest_of_a_line(offered: tuple[str, ...], wanted: str, chosen: str) -> None:
    assert highest(offered, wanted, where="offered") == chosen


@pytest.mark.parametrize("text", ["", "1", "latest", "1.34.x", "1.34-rc.1", "1.34.1-", "1.34.1_2"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match=r"expected 1\.34, 1\.34\.3, or 1\.35\.0-rc\.1"):
        satisfies("1.34.9", text)
