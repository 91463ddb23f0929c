# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel limits are raised where they are too low, and put back as they were found."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.nodes.limits import KernelLimits

NEEDED = {"fs/instances": 100, "fs/watches": 1000}


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    (tmp_path / "sys/fs").mkdir(parents=True)
    (tmp_path / "sys/fs/instances").write_text("16\n")
    (tmp_path / "sys/fs/watches").write_text("5000\n")
    return tmp_path / "sys"


def limits(kernel: Path, lab: str = "one") -> KernelLimits:
    return KernelLimits(lab, record=kernel.parent / "limits.json", at_least=NEEDED, kernel=kernel)


def values(kernel: Path) -> tuple[int, int]:
    return int((kernel / "fs/instances").read_text()), int((kernel / "fs/watches").read_text())


def test_only_what_is_too_low_is_raised(kernel: Path) -> None:
    limits(kernel).raise_them()
    assert values(kernel) == (100, 5000)


def test_the_first_values_come_back_after_two_starts(kernel: Path) -> None:
    limits(kernel).raise_them()
    limits(kernel).raise_them()
    limits(kernel).put_back()
    assert values(kernel) == (16, 5000)


def test_a_reboot_between_two_starts_does_not_lose_them(kernel: Path) -> None:
    limits(kernel).raise_them()
    (kernel / "fs/instances").write_text("16")
    limits(kernel).raise_them()
    assert values(kernel) == (100, 5000)
    limits(kernel).put_back()
    assert values(kernel) == (16, 5000)


def test_what_somebody_else_set_meanwhile_stays(kernel: Path) -> None:
    limits(kernel).raise_them()
    (kernel / "fs/instances").write_text("200")
    limits(kernel).put_back()
    assert values(kernel) == (200, 5000)


def test_they_stay_raised_while_another_lab_stands(kernel: Path) -> None:
    limits(kernel, "one").raise_them()
    limits(kernel, "two").raise_them()
    limits(kernel, "one").put_back()
    assert values(kernel) == (100, 5000)
    limits(kernel, "two").put_back()
    assert values(kernel) == (16, 5000)
    assert not (kernel.parent / "limits.json").exists()


def test_without_a_lab_there_is_nothing_to_put_back(kernel: Path) -> None:
    limits(kernel).put_back()
    assert values(kernel) == (16, 5000)
